#include "sim/script/port_mapping_object.h"

#include <array>
#include <string_view>

#include "sim/script/options.h"
#include "sim/script/reachable.h"
#include "sim/script/run.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using portmap::ClientOptions;
using portmap::ServerOptions;

// Whole seconds, as both protocols count them.
Duration whole_seconds(const Value& value) {
  const Duration duration = value.positive_duration();
  if (duration.ns % seconds(1).ns != 0 || duration / seconds(1) > 0xffff'ffff) {
    value.refuse("whole seconds, such as \"7200s\"");
  }
  return duration;
}

constexpr std::array<Key<ServerOptions>, 6> port_map_server_keys = {{
    {"nat_pmp",
     [](const Value& value, ServerOptions& options) { options.nat_pmp = value.boolean(); }},
    {"pcp", [](const Value& value, ServerOptions& options) { options.pcp = value.boolean(); }},
    {"allow", [](const Value& value, ServerOptions& options) { options.allow = value.boolean(); }},
    {"min_lifetime", [](const Value& value,
                        ServerOptions& options) { options.min_lifetime = whole_seconds(value); }},
    {"max_lifetime", [](const Value& value,
                        ServerOptions& options) { options.max_lifetime = whole_seconds(value); }},
    {"reported_address",
     [](const Value& value, ServerOptions& options) {
       options.reported_address = value.address();
     }},
}};

constexpr std::array<Key<ClientOptions>, 8> port_mapping_keys = {{
    {"port",
     [](const Value& value, ClientOptions& options) { options.internal_port = value.port(); }},
    {"using",
     [](const Value& value, ClientOptions& options) {
       constexpr std::array<Choice<portmap::ClientProtocol>, 2> names = {{
           {"pcp", portmap::ClientProtocol::pcp},
           {"nat-pmp", portmap::ClientProtocol::nat_pmp},
       }};
       options.protocol = value.one_of(names);
     }},
    {"protocol",
     [](const Value& value, ClientOptions& options) {
       constexpr std::array<Choice<portmap::MapProtocol>, 2> names = {{
           {"udp", portmap::MapProtocol::udp},
           {"tcp", portmap::MapProtocol::tcp},
       }};
       options.transport = value.one_of(names);
     }},
    {"external_port",
     [](const Value& value, ClientOptions& options) { options.external_port = value.port(); }},
    {"prefer_failure",
     [](const Value& value, ClientOptions& options) { options.prefer_failure = value.boolean(); }},
    {"peer",
     [](const Value& value, ClientOptions& options) { options.peer = read_endpoint(value); }},
    {"lifetime",
     [](const Value& value, ClientOptions& options) { options.lifetime = whole_seconds(value); }},
    {"gateway",
     [](const Value& value, ClientOptions& options) {
       options.gateway = {value.address(), portmap::server_port};
     }},
}};

}  // namespace

ServerOptions read_port_map_server(const Value& value) {
  ServerOptions options;
  if (!value.present()) return options;
  read_options(value, port_map_server_keys, options);
  if (!options.nat_pmp && !options.pcp) value.complain("it has to speak 'nat_pmp' or 'pcp'");
  if (options.min_lifetime > options.max_lifetime) {
    value.complain("'min_lifetime' is longer than 'max_lifetime'");
  }
  return options;
}

ClientOptions read_port_mapping(const Value& value, const Endpoint& gateway) {
  ClientOptions options;
  options.gateway = gateway;
  read_options(value, port_mapping_keys, options);
  if (options.internal_port == 0) value.complain("missing key 'port'");
  if (!options.gateway.is_set()) {
    value.complain("there is no NAT in front of the host; give 'gateway', its address inside");
  }
  if (options.prefer_failure && options.protocol != portmap::ClientProtocol::pcp) {
    value.complain("'prefer_failure' is an option of PCP");
  }
  if (options.peer && options.protocol != portmap::ClientProtocol::pcp) {
    value.complain("'peer' is an option of PCP");
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
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_->leases()));
  return 1;
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
        const auto now = client().state();
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
  push_string(lua, to_string(client().state()));
  return 1;
}

int PortMappingObject::external(lua_State* lua) {
  if (!mapped()) return 0;
  push_string(lua, natsim::to_string(client().external()));
  return 1;
}

int PortMappingObject::lifetime(lua_State* lua) {
  if (!mapped()) return 0;
  push_duration(lua, client().lifetime());
  return 1;
}

int PortMappingObject::expires(lua_State* lua) {
  if (!mapped()) return 0;
  push_duration(lua, client().expires() - Time{});
  return 1;
}

int PortMappingObject::renewals(lua_State* lua) {
  lua_pushinteger(lua, client().renewals());
  return 1;
}

int PortMappingObject::gateway_restarts(lua_State* lua) {
  lua_pushinteger(lua, client().gateway_restarts());
  return 1;
}

int PortMappingObject::failure(lua_State* lua) {
  if (client().state() != portmap::Client::State::failed) return 0;
  push_string(lua, client().failure());
  return 1;
}

}  // namespace natsim::script
