// Port mapping as a script sees it: the server of a NAT, and a mapping that a host keeps.
#pragma once

#include <memory>
#include <utility>

#include "sim/agents/port_map_client.h"
#include "sim/agents/port_map_server.h"
#include "sim/script/object.h"
#include "sim/script/value.h"

namespace natsim::script {

// server.leases; of nat:port_mapping().
class PortMapServerObject : public Scripted {
 public:
  static const Class lua_class;

  explicit PortMapServerObject(std::unique_ptr<agents::PortMapServer> agent)
      : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  void restart() { agent_->restart(); }

 private:
  int leases(lua_State* lua);

  static const Member fields[];

  std::unique_ptr<agents::PortMapServer> agent_;
};

// mapping:wait(timeout), mapping:remove(); mapping.state, mapping.external, mapping.lifetime,
// mapping.expires, mapping.renewals, mapping.gateway_restarts, mapping.failure; of host:map_port().
class PortMappingObject : public Scripted {
 public:
  static const Class lua_class;

  explicit PortMappingObject(std::unique_ptr<agents::PortMapClient> agent)
      : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  int wait(lua_State* lua);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);
  int remove(lua_State* lua);
  int state(lua_State* lua);
  int external(lua_State* lua);
  int lifetime(lua_State* lua);
  int expires(lua_State* lua);
  int renewals(lua_State* lua);
  int gateway_restarts(lua_State* lua);
  int failure(lua_State* lua);
  [[nodiscard]] const portmap::Client& client() const { return agent_->machine(); }
  [[nodiscard]] bool mapped() const { return client().state() == portmap::Client::State::mapped; }

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::PortMapClient> agent_;
};

// The options in the table at `value`, or the defaults if it is nil.
portmap::ServerOptions read_port_map_server(const Value& value);
// The options in the table at `value`. What has no gateway in it is for `gateway`, if that is set.
portmap::ClientOptions read_port_mapping(const Value& value, const Endpoint& gateway);

}  // namespace natsim::script
