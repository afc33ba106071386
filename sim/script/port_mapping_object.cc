#include "sim/script/port_mapping_object.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "sim/script/nat_object.h"
#include "sim/script/options.h"
#include "sim/script/reachable.h"
#include "sim/script/run.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

// Whole seconds, as both protocols count them.
Duration whole_seconds(const Value& value) {
  const Duration duration = value.positive_duration();
  if (duration.ns % seconds(1).ns != 0 || duration / seconds(1) > 0xffff'ffff) {
    value.refuse("whole seconds, such as \"7200s\"");
  }
  return duration;
}

constexpr std::array<Key<PortMapServerSettings>, 9> port_map_server_keys = {{
    {"nat_pmp", [](const Value& value,
                   PortMapServerSettings& asked) { asked.portmap.nat_pmp = value.boolean(); }},
    {"pcp",
     [](const Value& value, PortMapServerSettings& asked) { asked.portmap.pcp = value.boolean(); }},
    {"upnp",
     [](const Value& value, PortMapServerSettings& asked) { asked.upnp = value.boolean(); }},
    {"allow",
     [](const Value& value, PortMapServerSettings& asked) {
       asked.portmap.allow = asked.device.allow = value.boolean();
     }},
    {"min_lifetime",
     [](const Value& value, PortMapServerSettings& asked) {
       asked.portmap.min_lifetime = whole_seconds(value);
     }},
    {"max_lifetime",
     [](const Value& value, PortMapServerSettings& asked) {
       asked.portmap.max_lifetime = whole_seconds(value);
     }},
    {"reported_address",
     [](const Value& value, PortMapServerSettings& asked) {
       asked.portmap.reported_address = value.address();
       if (value.address().is_v4()) asked.device.reported_address = value.address();
     }},
    {"upnp_version",
     [](const Value& value, PortMapServerSettings& asked) {
       asked.device.version = static_cast<std::uint8_t>(value.integer(1, 2));
     }},
    {"upnp_permanent_only",
     [](const Value& value, PortMapServerSettings& asked) {
       asked.device.permanent_only = value.boolean();
     }},
}};

// All that a client of any protocol may be asked for.
struct Asked {
  portmap::ClientOptions options;
  const NatObject* gateway = nullptr;  // where a NAT was named and not an address
  bool upnp = false;
};

constexpr std::array<Key<Asked>, 8> port_mapping_keys = {{
    {"port", [](const Value& value, Asked& asked) { asked.options.internal_port = value.port(); }},
    {"using",
     [](const Value& value, Asked& asked) {
       constexpr std::array<Choice<std::optional<portmap::ClientProtocol>>, 3> names = {{
           {"pcp", portmap::ClientProtocol::pcp},
           {"nat-pmp", portmap::ClientProtocol::nat_pmp},
           {"upnp", std::nullopt},
       }};
       const auto protocol = value.one_of(names);
       asked.upnp = !protocol;
       if (protocol) asked.options.protocol = *protocol;
     }},
    {"protocol",
     [](const Value& value, Asked& asked) {
       constexpr std::array<Choice<portmap::MapProtocol>, 2> names = {{
           {"udp", portmap::MapProtocol::udp},
           {"tcp", portmap::MapProtocol::tcp},
       }};
       asked.options.transport = value.one_of(names);
     }},
    {"external_port",
     [](const Value& value, Asked& asked) { asked.options.external_port = value.port(); }},
    {"prefer_failure",
     [](const Value& value, Asked& asked) { asked.options.prefer_failure = value.boolean(); }},
    {"peer", [](const Value& value, Asked& asked) { asked.options.peer = read_endpoint(value); }},
    {"lifetime",
     [](const Value& value, Asked& asked) { asked.options.lifetime = whole_seconds(value); }},
    {"gateway",
     [](const Value& value, Asked& asked) {
       if (value.is_text() && IpAddress::parse(value.text())) {
         asked.options.gateway = {value.address(), portmap::server_port};
       } else {
         asked.gateway = &Run::of(value.lua()).net().names().at<NatObject>(value);
       }
     }},
}};

}  // namespace

PortMapServerSettings read_port_map_server(const Value& value) {
  PortMapServerSettings asked;
  if (!value.present()) return asked;
  read_options(value, port_map_server_keys, asked);
  const bool portmap = asked.portmap.nat_pmp || asked.portmap.pcp;
  if (!portmap && !asked.upnp) value.complain("it has to speak 'nat_pmp', 'pcp' or 'upnp'");
  if (asked.portmap.min_lifetime > asked.portmap.max_lifetime) {
    value.complain("'min_lifetime' is longer than 'max_lifetime'");
  }
  constexpr portmap::ServerOptions usual;
  if (!portmap && (asked.portmap.min_lifetime != usual.min_lifetime ||
                   asked.portmap.max_lifetime != usual.max_lifetime)) {
    value.complain("'min_lifetime' and 'max_lifetime' are options of NAT-PMP and PCP");
  }
  if (!asked.upnp &&
      (asked.device.version != upnp::DeviceOptions().version || asked.device.permanent_only)) {
    value.complain("'upnp_version' and 'upnp_permanent_only' need 'upnp'");
  }
  return asked;
}

PortMappingSettings read_port_mapping(const Value& value, const NatObject* nat, Family family) {
  Asked asked;
  read_options(value, port_mapping_keys, asked);
  portmap::ClientOptions& options = asked.options;
  if (options.internal_port == 0) value.complain("missing key 'port'");
  const bool pcp = !asked.upnp && options.protocol == portmap::ClientProtocol::pcp;
  if (options.prefer_failure && !pcp) value.complain("'prefer_failure' is an option of PCP");
  if (options.peer && !pcp) value.complain("'peer' is an option of PCP");
  if (asked.upnp) {
    if (options.gateway.is_set() || asked.gateway != nullptr) {
      value.complain("with UPnP the gateway is searched for");
    }
    return upnp::ControlPointOptions{.transport = options.transport,
                                     .internal_port = options.internal_port,
                                     .external_port = options.external_port,
                                     .lifetime = options.lifetime};
  }
  const NatObject* const gateway = asked.gateway != nullptr ? asked.gateway : nat;
  if (!options.gateway.is_set()) {
    if (gateway == nullptr) {
      value.complain("the host's home has no NAT to ask; name one farther away with 'gateway'");
    }
    const IpAddress* const inside = gateway->inside_address(family);
    if (inside == nullptr) {
      value.complain(fmt::format("{} has no {} address inside", gateway->shown(),
                                 family == Family::ipv4 ? "IPv4" : "IPv6"));
    }
    options.gateway = {*inside, portmap::server_port};
  }
  if (options.peer && options.transport != portmap::MapProtocol::udp) {
    value.complain("'peer' is for UDP alone");
  }
  if (options.peer && (options.prefer_failure || options.external_port != 0)) {
    value.complain(
        "what is sent to 'peer' leaves from where it does already: it has neither "
        "'external_port' nor 'prefer_failure'");
  }
  return options;
}

constinit const Member PortMapServerObject::fields[] = {
    {"leases", call_member<PortMapServerObject, &PortMapServerObject::leases>},
};
const Class PortMapServerObject::lua_class = {
    "port_map_server", "a port-mapping server", {}, fields};

int PortMapServerObject::leases(lua_State* lua) {
  std::size_t leases = 0;
  if (servers_.portmap != nullptr) leases += servers_.portmap->leases();
  if (servers_.upnp != nullptr) leases += servers_.upnp->leases();
  lua_pushinteger(lua, static_cast<lua_Integer>(leases));
  return 1;
}

void PortMapServerObject::restart() {
  if (servers_.portmap != nullptr) servers_.portmap->restart();
  if (servers_.upnp != nullptr) servers_.upnp->restart();
}

constinit const Member PortMappingObject::methods[] = {
    {"wait", call_member<PortMappingObject, &PortMappingObject::wait>},
    {"remove", call_member<PortMappingObject, &PortMappingObject::remove>},
};
constinit const Member PortMappingObject::fields[] = {
    {"state", call_member<PortMappingObject, &PortMappingObject::state>},
    {"external", call_member<PortMappingObject, &PortMappingObject::external>},
    {"lifetime", call_member<PortMappingObject, &PortMappingObject::lifetime>},
    {"expires", call_member<PortMappingObject, &PortMappingObject::expires>},
    {"renewals", call_member<PortMappingObject, &PortMappingObject::renewals>},
    {"gateway_restarts", call_member<PortMappingObject, &PortMappingObject::gateway_restarts>},
    {"failure", call_member<PortMappingObject, &PortMappingObject::failure>},
};
const Class PortMappingObject::lua_class = {"port_mapping", "a port mapping", methods, fields};

int PortMappingObject::wait(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "mapping:wait").duration();
  return Run::of(lua).wait().begin(
      lua, timeout,
      [this] {
        const auto now = status().state;
        return now != portmap::Client::State::requesting && now != portmap::Client::State::removing;
      },
      &PortMappingObject::finish_wait);
}

int PortMappingObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  return static_cast<PortMappingObject&>(*to_scripted(lua, 1)).state(lua);
}

int PortMappingObject::remove(lua_State* /*lua*/) {
  agent_->remove();
  return 0;
}

int PortMappingObject::state(lua_State* lua) {
  push_string(lua, to_string(status().state));
  return 1;
}

int PortMappingObject::external(lua_State* lua) {
  if (!mapped()) return 0;
  push_string(lua, natsim::to_string(status().external));
  return 1;
}

int PortMappingObject::lifetime(lua_State* lua) {
  if (!mapped() || status().expires.is_never()) return 0;
  push_duration(lua, status().lifetime);
  return 1;
}

int PortMappingObject::expires(lua_State* lua) {
  if (!mapped() || status().expires.is_never()) return 0;
  push_duration(lua, status().expires - Time{});
  return 1;
}

int PortMappingObject::renewals(lua_State* lua) {
  lua_pushinteger(lua, status().renewals);
  return 1;
}

int PortMappingObject::gateway_restarts(lua_State* lua) {
  lua_pushinteger(lua, status().gateway_restarts);
  return 1;
}

int PortMappingObject::failure(lua_State* lua) {
  if (status().state != portmap::Client::State::failed) return 0;
  push_string(lua, status().failure);
  return 1;
}

}  // namespace natsim::script
