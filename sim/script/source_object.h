// A constant-rate sender as a script sees it.
#pragma once

#include <memory>
#include <utility>

#include "sim/agents/udp_source.h"
#include "sim/script/object.h"

namespace natsim::script {

// source:stop(); source.sent, source.answered, source.received, source.refused,
// source.last_round_trip, source.last_received.
class SourceObject : public Scripted {
 public:
  static const Class lua_class;

  explicit SourceObject(std::unique_ptr<agents::UdpSource> agent) : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  template <std::uint64_t agents::UdpSource::Counters::*counter>
  int count(lua_State* lua) {
    lua_pushinteger(lua, static_cast<lua_Integer>(agent_->counters().*counter));
    return 1;
  }
  int stop(lua_State* lua);
  int last_round_trip(lua_State* lua);
  int last_received(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::UdpSource> agent_;
};

// The options in `value`, for a source on `host`.
agents::UdpSourceOptions read_udp_source(const Value& value, const net::Host& host);

}  // namespace natsim::script
