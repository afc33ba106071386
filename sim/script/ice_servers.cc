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

struct TurnUse {
  std::optional<std::string> user;
  std::optional<std::string> password;
};
constexpr std::array<Key<TurnUse>, 2> turn_use_keys = {{
    {"user", [](const Value& value, TurnUse& turn) { turn.user = value.text(); }},
    {"password", [](const Value& value, TurnUse& turn) { turn.password = value.text(); }},
}};

std::string password_of(const Value& table, const HostObject& host, const std::string& user) {
  std::vector<std::string_view> names;
  for (const auto& known : host.turn()->users()) {
    if (known.name == user) return known.password;
    names.push_back(known.name);
  }
  table.complain(fmt::format("the TURN server of {} knows no user '{}'{}", host.shown(), user,
                             suggestion(user, names)));
}

ice::TurnServer turn_server(const Value& table) {
  if (!table.is_table()) table.refuse("a table such as { server, user = \"alice\" }");
  TurnUse keys;
  read_options(table, turn_use_keys, keys, 1);
  if (!keys.user) table.complain("missing key 'user'");
  const Value where = table.element(1);
  const HostObject* const host = host_in(where);
  if (host != nullptr && host->turn() == nullptr) {
    where.complain(
        fmt::format("{} runs no TURN server: call host:turn_server{{…}} before", host->shown()));
  }
  if (host == nullptr && !keys.password) table.complain("missing key 'password'");
  return {.address = host != nullptr ? host->turn()->endpoint() : read_endpoint(where),
          .username = *keys.user,
          .password = keys.password ? *keys.password : password_of(table, *host, *keys.user)};
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
         peer.turn_servers.push_back(turn_server(value));
         return;
       }
       for (int i = 1; i <= value.length(); ++i) {
         const StackMark mark(value.lua());
         peer.turn_servers.push_back(turn_server(value.element(i)));
       }
     }},
}};

}  // namespace

void read_ice_servers(const Value& value, agents::IcePeerOptions& peer) {
  read_options(value, server_keys, peer);
}

}  // namespace natsim::script
