// Port mapping as a script sees it: the server of a NAT, and a mapping that a host keeps.
#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "sim/agents/port_keeper.h"
#include "sim/agents/port_map_server.h"
#include "sim/agents/upnp_client.h"
#include "sim/agents/upnp_device.h"
#include "sim/script/object.h"
#include "sim/script/value.h"

namespace natsim::script {

class NatObject;

// What a NAT device maps ports by; what it does not speak is null.
struct PortMapServers {
  std::unique_ptr<agents::PortMapServer> portmap;  // NAT-PMP, PCP
  std::unique_ptr<agents::UpnpDevice> upnp;
};

// server.leases; of nat:port_mapping().
class PortMapServerObject : public Scripted {
 public:
  static const Class lua_class;

  explicit PortMapServerObject(PortMapServers servers) : servers_(std::move(servers)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  void restart();

 private:
  int leases(lua_State* lua);

  static const Member fields[];

  PortMapServers servers_;
};

// mapping:wait(timeout), mapping:remove(); mapping.state, mapping.external, mapping.lifetime,
// mapping.expires, mapping.renewals, mapping.gateway_restarts, mapping.failure; of host:map_port().
class PortMappingObject : public Scripted {
 public:
  static const Class lua_class;

  explicit PortMappingObject(std::unique_ptr<agents::PortKeeper> agent)
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
  [[nodiscard]] agents::PortKeeper::Status status() const { return agent_->status(); }
  [[nodiscard]] bool mapped() const { return status().state == portmap::Client::State::mapped; }

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::PortKeeper> agent_;
};

// What nat:port_mapping() is asked for.
struct PortMapServerSettings {
  portmap::ServerOptions portmap;
  bool upnp = true;
  upnp::DeviceOptions device;
};
// The options in the table at `value`, or the defaults if it is nil.
PortMapServerSettings read_port_map_server(const Value& value);

// What host:map_port() is asked for: by NAT-PMP or PCP, or by UPnP.
using PortMappingSettings = std::variant<portmap::ClientOptions, upnp::ControlPointOptions>;
// The options in the table at `value`, of a host whose addresses are of `family`. What names no
// gateway is for `nat`, which may be null.
PortMappingSettings read_port_mapping(const Value& value, const NatObject* nat, Family family);

}  // namespace natsim::script
