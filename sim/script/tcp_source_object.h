// Ready-made TCP programs as a script sees them.
#pragma once

#include <memory>
#include <utility>

#include "sim/agents/tcp_service.h"
#include "sim/agents/tcp_source.h"
#include "sim/script/reachable.h"

namespace natsim::script {

// source:wait(timeout), source:stop(); source.state, .ending, .throughput, .transfer_time, .rtt and
// the counters of its connection.
class TcpSourceObject : public Scripted {
 public:
  static const Class lua_class;

  explicit TcpSourceObject(std::unique_ptr<agents::TcpSource> agent) : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  template <std::uint64_t net::TcpCounters::*counter>
  int count(lua_State* lua) {
    lua_pushinteger(lua,
                    static_cast<lua_Integer>(agent_->socket().connection().counters().*counter));
    return 1;
  }
  int stop(lua_State* lua);
  int wait(lua_State* lua);
  int state(lua_State* lua);
  int ending(lua_State* lua);
  int throughput(lua_State* lua);
  int transfer_time(lua_State* lua);
  int rtt(lua_State* lua);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::TcpSource> agent_;
};

// service.endpoint, .connections, .bytes, .goodput.
class TcpServiceObject : public Reachable {
 public:
  static const Class lua_class;

  explicit TcpServiceObject(std::unique_ptr<agents::TcpService> agent) : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return agent_->local(); }

 private:
  template <std::uint64_t agents::TcpService::Counters::*counter>
  int count(lua_State* lua) {
    lua_pushinteger(lua, static_cast<lua_Integer>(agent_->counters().*counter));
    return 1;
  }
  int goodput(lua_State* lua);

  static const Member fields[];

  std::unique_ptr<agents::TcpService> agent_;
};

}  // namespace natsim::script
