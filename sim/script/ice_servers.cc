#include "sim/script/ice_servers.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/script/host_object.h"
#include "sim/script/nearest.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/tls_settings.h"
#include "stack/stun/ephemeral_credentials.h"

namespace natsim::script {
namespace {

// The host that `value` is or names; null if it is an endpoint.
const HostObject* host_in(const Value& value) {
  if (value.is_text() && Endpoint::parse(value.text())) return nullptr;
  if (dynamic_cast<Reachable*>(to_scripted(value.lua(), value.index())) != nullptr) return nullptr;
  return &Run::of(value.lua()).net().names().at<HostObject>(value);
}

Endpoint stun_endpoint(const Value& value) {
  const HostObject* const host = host_in(value);
  if (host == nullptr) return read_endpoint(value);
  if (host->stun() != nullptr) return host->stun()->endpoint();
  if (host->turn() != nullptr) return host->turn()->endpoint();
  value.complain(
      fmt::format("{} runs no STUN server: call host:stun_server() before", host->shown()));
}

// As the draft has it: a day (draft-uberti-behave-turn-rest-00 §2.2).
constexpr Duration default_credential_life = seconds(86'400);

struct TransportName {
  std::string_view name;
  Transport value;
};
constexpr std::array<TransportName, 3> turn_transports = {{
    {"udp", Transport::udp},
    {"tcp", Transport::tcp},
    {"tls", Transport::tls},
}};

struct FamiliesName {
  std::string_view name;
  ice::RelayFamilies value;
};
constexpr std::array<FamiliesName, 4> relay_family_names = {{
    {"own", ice::RelayFamilies::own},
    {"ipv4", ice::RelayFamilies::ipv4},
    {"ipv6", ice::RelayFamilies::ipv6},
    {"both", ice::RelayFamilies::both},
}};

struct TurnUse {
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<Duration> expires;
  std::vector<Transport> transports = {Transport::udp};
  ice::RelayFamilies families = ice::RelayFamilies::own;
  bool mobility = false;
};
constexpr std::array<Key<TurnUse>, 6> turn_use_keys = {{
    {"user", [](const Value& value, TurnUse& turn) { turn.user = value.text(); }},
    {"password", [](const Value& value, TurnUse& turn) { turn.password = value.text(); }},
    {"expires",
     [](const Value& value, TurnUse& turn) { turn.expires = value.positive_duration(); }},
    {"mobility", [](const Value& value, TurnUse& turn) { turn.mobility = value.boolean(); }},
    {"families",
     [](const Value& value, TurnUse& turn) { turn.families = value.one_of(relay_family_names); }},
    {"transport",
     [](const Value& value, TurnUse& turn) {
       turn.transports.clear();
       if (!value.is_table()) {
         turn.transports.push_back(value.one_of(turn_transports));
         return;
       }
       if (value.length() == 0) value.refuse("at least one transport");
       for (int i = 1; i <= value.length(); ++i) {
         const StackMark mark(value.lua());
         turn.transports.push_back(value.element(i).one_of(turn_transports));
       }
     }},
}};

// What a service that shares the server's secret hands out for `user`.
turn::ServerOptions::User ephemeral_user(const Value& table, const TurnUse& use,
                                         const std::string& secret) {
  stun::IntegrityKey key(as_bytes(secret));
  const Time now = Run::of(table.lua()).world().now();
  auto made = stun::make_ephemeral_credentials(key, *use.user,
                                               now + use.expires.value_or(default_credential_life));
  return {std::move(made.username), std::move(made.password)};
}

turn::ServerOptions::User credentials_of(const Value& table, const HostObject& host,
                                         const TurnUse& use) {
  const std::string& user = *use.user;
  if (use.password) return {user, *use.password};
  if (use.expires && !host.turn()->secret()) {
    table.complain(fmt::format("the TURN server of {} has no secret: its credentials do not expire",
                               host.shown()));
  }
  std::vector<std::string_view> names;
  for (const auto& known : host.turn()->users()) {
    if (known.name == user && !use.expires) return known;
    names.push_back(known.name);
  }
  if (host.turn()->secret()) return ephemeral_user(table, use, *host.turn()->secret());
  table.complain(fmt::format("the TURN server of {} knows no user '{}'{}", host.shown(), user,
                             suggestion(user, names)));
}

Endpoint turn_endpoint(const Value& where, const HostObject* host, Transport transport) {
  if (host == nullptr) return read_endpoint(where);
  const Endpoint endpoint = host->turn()->endpoint(transport);
  if (!endpoint.is_set()) {
    where.complain(fmt::format("the TURN server of {} is not served over {}: see its option '{}'",
                               host->shown(), to_string(transport),
                               transport == Transport::tls ? "tls" : "tcp_port"));
  }
  return endpoint;
}

// Reads what is in the table, and says who asks whom: `where` is its first element.
template <std::size_t count>
turn::ServerOptions::User read_use(const Value& table, const std::array<Key<TurnUse>, count>& known,
                                   const Value& where, const HostObject*& host, TurnUse& keys) {
  read_options(table, known, keys, 1);
  if (!keys.user) table.complain("missing key 'user'");
  host = host_in(where);
  if (host != nullptr && host->turn() == nullptr) {
    where.complain(
        fmt::format("{} runs no TURN server: call host:turn_server{{…}} before", host->shown()));
  }
  if (host == nullptr && !keys.password) table.complain("missing key 'password'");
  if (keys.password && keys.expires) table.complain("'expires' has no effect with 'password'");
  return host == nullptr ? turn::ServerOptions::User{*keys.user, *keys.password}
                         : credentials_of(table, *host, keys);
}

// A server for each transport that it is to be used by.
void read_turn_server_use(const Value& table, agents::IcePeerOptions& peer) {
  if (!table.is_table()) table.refuse("a table such as { server, user = \"alice\" }");
  TurnUse keys;
  const Value where = table.element(1);
  const HostObject* host = nullptr;
  const auto user = read_use(table, turn_use_keys, where, host, keys);
  for (const Transport transport : keys.transports) {
    peer.turn_servers.push_back({.address = turn_endpoint(where, host, transport),
                                 .username = user.name,
                                 .password = user.password,
                                 .transport = transport,
                                 .families = keys.families,
                                 .mobility = keys.mobility});
    if (transport != Transport::tls) continue;
    const Endpoint& server = peer.turn_servers.back().address;
    auto use = default_tls_client(
        where, host != nullptr ? std::string(host->host().label()) : to_string(server.address));
    use.options.alpn = {turn_over_tls};
    peer.turn_tls.insert_or_assign(server, std::move(use));
  }
}

// Whether the table is a list of server tables, and not one of them.
bool is_list_of_tables(const Value& value) {
  if (!value.is_table()) return false;
  const StackMark mark(value.lua());
  return value.element(1).is_table();
}

constexpr std::array<Key<agents::IcePeerOptions>, 2> server_keys = {{
    {"stun",
     [](const Value& value, agents::IcePeerOptions& peer) {
       peer.stun_servers.clear();
       if (!value.is_table()) {
         peer.stun_servers.push_back(stun_endpoint(value));
         return;
       }
       for (int i = 1; i <= value.length(); ++i) {
         const StackMark mark(value.lua());
         peer.stun_servers.push_back(stun_endpoint(value.element(i)));
       }
     }},
    {"turn",
     [](const Value& value, agents::IcePeerOptions& peer) {
       peer.turn_servers.clear();
       if (!is_list_of_tables(value)) {
         read_turn_server_use(value, peer);
         return;
       }
       for (int i = 1; i <= value.length(); ++i) {
         const StackMark mark(value.lua());
         read_turn_server_use(value.element(i), peer);
       }
     }},
}};

}  // namespace

void read_ice_servers(const Value& value, agents::IcePeerOptions& peer) {
  read_options(value, server_keys, peer);
}

ice::TurnServer read_tcp_relay_use(const Value& table) {
  if (!table.is_table()) table.refuse("a table such as { server, user = \"alice\" }");
  // The first three of those of calls.
  static_assert(turn_use_keys[2].name == "expires");
  constexpr std::array<Key<TurnUse>, 3> known = {
      {turn_use_keys[0], turn_use_keys[1], turn_use_keys[2]}};
  TurnUse keys;
  const Value where = table.element(1);
  const HostObject* host = nullptr;
  const auto user = read_use(table, known, where, host, keys);
  return {.address = turn_endpoint(where, host, Transport::tcp),
          .username = user.name,
          .password = user.password,
          .transport = Transport::tcp};
}

}  // namespace natsim::script
