#include "sim/script/servers.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/script/options.h"
#include "sim/script/table_writer.h"
#include "sim/script/tls_settings.h"

namespace natsim::script {
namespace {

using stun::BindingServer;
using turn::ServerOptions;

struct StunSetup {
  BindingServer::Options& options;
  const std::vector<IpAddress>& addresses;
};
struct TurnSetup {
  ServerOptions& options;
  const std::vector<IpAddress>& addresses;
  const net::Host& host;
  std::optional<std::uint16_t> tcp_port;
  bool tcp = true;
  std::optional<std::uint16_t> tls_port;
  std::optional<agents::TlsServerUse> tls;
};

// An address that the host has.
IpAddress own_address(const Value& value, const std::vector<IpAddress>& addresses) {
  const IpAddress address = value.address();
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    value.complain(fmt::format("the host has no address {}", to_string(address)));
  }
  return address;
}

constexpr std::array<Key<StunSetup>, 3> stun_keys = {{
    {"ip",
     [](const Value& value, StunSetup& server) {
       server.options.primary.address = own_address(value, server.addresses);
     }},
    {"port",
     [](const Value& value, StunSetup& server) { server.options.primary.port = value.port(); }},
    {"software",
     [](const Value& value, StunSetup& server) { server.options.software = value.text(); }},
}};

std::vector<ServerOptions::User> read_users(const Value& value) {
  value.require_table();
  std::vector<ServerOptions::User> users;
  lua_State* const lua = value.lua();
  lua_pushnil(lua);
  while (lua_next(lua, value.index()) != 0) {
    if (lua_type(lua, -2) != LUA_TSTRING || lua_type(lua, -1) != LUA_TSTRING) {
      value.refuse("names and passwords, such as { alice = \"secret\" }");
    }
    users.push_back({lua_tostring(lua, -2), lua_tostring(lua, -1)});
    lua_pop(lua, 1);
  }
  std::sort(users.begin(), users.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return users;
}

constexpr std::array<Key<TurnSetup>, 20> turn_keys = {{
    {"users",
     [](const Value& value, TurnSetup& server) { server.options.users = read_users(value); }},
    {"secret",
     [](const Value& value, TurnSetup& server) {
       server.options.shared_secret = value.text();
       if (server.options.shared_secret->empty()) value.complain("the secret is empty");
     }},
    {"ip",
     [](const Value& value, TurnSetup& server) {
       server.options.listening.front().address = own_address(value, server.addresses);
     }},
    {"port", [](const Value& value,
                TurnSetup& server) { server.options.listening.front().port = value.port(); }},
    {"tcp_port",
     [](const Value& value, TurnSetup& server) {
       server.tcp = !lua_isboolean(value.lua(), value.index()) || value.boolean();
       if (server.tcp) server.tcp_port = value.port();
     }},
    {"tls", [](const Value& value,
               TurnSetup& server) { server.tls = read_tls_server(value, server.host); }},
    {"tls_port", [](const Value& value, TurnSetup& server) { server.tls_port = value.port(); }},
    {"relay_ip",
     [](const Value& value, TurnSetup& server) {
       server.options.relay_addresses = {own_address(value, server.addresses)};
     }},
    {"relay_ports",
     [](const Value& value, TurnSetup& server) {
       if (!value.is_table() || value.length() != 2) {
         value.refuse("the first and the last port, such as { 49152, 65535 }");
       }
       server.options.first_relay_port = value.element(1).port();
       server.options.last_relay_port = value.element(2).port();
       if (server.options.first_relay_port > server.options.last_relay_port) {
         value.complain("the first port is greater than the last");
       }
     }},
    {"realm", [](const Value& value, TurnSetup& server) { server.options.realm = value.text(); }},
    {"software",
     [](const Value& value, TurnSetup& server) { server.options.software = value.text(); }},
    {"nonce_lifetime",
     [](const Value& value, TurnSetup& server) {
       server.options.nonce_lifetime = value.positive_duration();
     }},
    {"default_lifetime",
     [](const Value& value, TurnSetup& server) {
       server.options.default_lifetime = value.positive_duration();
     }},
    {"min_lifetime",
     [](const Value& value, TurnSetup& server) {
       server.options.min_lifetime = value.positive_duration();
     }},
    {"max_lifetime",
     [](const Value& value, TurnSetup& server) {
       server.options.max_lifetime = value.positive_duration();
     }},
    {"user_quota",
     [](const Value& value, TurnSetup& server) {
       server.options.user_quota = value.number<std::size_t>(0, 1'000'000);
     }},
    {"mobility",
     [](const Value& value, TurnSetup& server) { server.options.mobility = value.boolean(); }},
    {"legacy_channels",
     [](const Value& value, TurnSetup& server) {
       server.options.highest_channel =
           value.boolean() ? turn::last_legacy_channel : turn::last_channel;
     }},
    {"tcp_relays",
     [](const Value& value, TurnSetup& server) { server.options.tcp_relays = value.boolean(); }},
    {"max_permissions",
     [](const Value& value, TurnSetup& server) {
       server.options.max_permissions = value.number<std::size_t>(1, 1'000'000);
     }},
}};

}  // namespace

constinit const Member StunServerObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"answered", call_member<StunServerObject, &StunServerObject::answered>},
};
const Class StunServerObject::lua_class = {"stun_server", "a STUN server", {}, fields};

int StunServerObject::answered(lua_State* lua) {
  if (agent_ == nullptr) return 0;
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_->counters().answered));
  return 1;
}

constinit const Member TurnServerObject::methods[] = {
    {"allocations", call_member<TurnServerObject, &TurnServerObject::allocations>},
};
constinit const Member TurnServerObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
};
const Class TurnServerObject::lua_class = {"turn_server", "a TURN server", methods, fields};

int TurnServerObject::allocations(lua_State* lua) {
  push_list(lua, agent_->machine().allocations(), [lua](const turn::Allocation* allocation) {
    TableWriter table(lua);
    table.set("client", allocation->tuple().client);
    table.set("relay", allocation->relay());
    if (allocation->relays().size() > 1) {
      table.set("additional_relay", allocation->relays().back().address);
    }
    table.set("user", allocation->username());
    table.set("expires", allocation->expires());
  });
  return 1;
}

constinit const Member EchoObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"echoed", call_member<EchoObject, &EchoObject::echoed>},
};
const Class EchoObject::lua_class = {"echo", "an echo server", {}, fields};

int EchoObject::echoed(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_->echoed()));
  return 1;
}

BindingServer::Options read_stun_server(const Value& value,
                                        const std::vector<IpAddress>& addresses) {
  BindingServer::Options options;
  options.primary = {addresses.front(), agents::default_stun_port};
  StunSetup keys{options, addresses};
  if (value.present()) read_options(value, stun_keys, keys);
  if (options.primary.port == 65535) return options;
  for (const IpAddress& address : addresses) {
    if (address == options.primary.address ||
        address.family() != options.primary.address.family()) {
      continue;
    }
    options.alternate = Endpoint{address, static_cast<std::uint16_t>(options.primary.port + 1)};
    break;
  }
  return options;
}

agents::TurnServerOptions read_turn_server(const Value& value, const net::Host& host,
                                           const std::vector<IpAddress>& addresses) {
  agents::TurnServerOptions read;
  ServerOptions& options = read.turn;
  options.listening = {{addresses.front(), agents::default_stun_port}};
  options.realm = "natsim";
  options.relay_addresses = addresses;
  if (!value.present())
    value.refuse("a table with users, such as { users = { alice = \"secret\" } }");
  TurnSetup keys{options, addresses, host};
  read_options(value, turn_keys, keys);
  if (options.users.empty() && !options.shared_secret) {
    value.complain("missing key 'users', or 'secret'");
  }
  if (options.tcp_relays && !keys.tcp && !keys.tls) {
    value.complain(
        "'tcp_relays' are asked for over TCP or TLS: it has no effect without 'tcp_port' or 'tls'");
  }
  if (keys.tcp) read.tcp_port = keys.tcp_port.value_or(options.listening.front().port);
  if (keys.tls_port && !keys.tls) value.complain("'tls_port' has no effect without 'tls'");
  if (keys.tls) {
    if (keys.tls->options.alpn.empty()) keys.tls->options.alpn = {turn_over_tls};
    read.tls_port = keys.tls_port.value_or(default_turn_tls_port);
    read.tls = std::move(keys.tls);
  }
  return read;
}

}  // namespace natsim::script
