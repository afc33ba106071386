#include "sim/script/dns_object.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/agents/dns_lookup.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"
#include "sim/script/translation_prefix.h"

namespace natsim::script {
namespace {

// { ["server.example"] = "192.0.2.1", … }, or with lists of addresses.
std::map<std::string, std::vector<IpAddress>> read_records(const Value& value) {
  value.require_table();
  std::map<std::string, std::vector<IpAddress>> hosts;
  lua_State* const lua = value.lua();
  lua_pushnil(lua);
  while (lua_next(lua, value.index()) != 0) {
    const auto name =
        lua_type(lua, -2) == LUA_TSTRING ? dns::normal_name(lua_tostring(lua, -2)) : std::nullopt;
    if (!name) value.refuse("names and addresses, such as { [\"a.example\"] = \"192.0.2.1\" }");
    const Value addresses(lua, lua_gettop(lua), *name);
    if (!hosts.emplace(*name, addresses.addresses()).second) {
      value.complain("two names differ only in the case of their letters");
    }
    lua_pop(lua, 1);
  }
  return hosts;
}

constexpr std::array<Key<dns::ServerOptions>, 3> dns_server_keys = {{
    {"records",
     [](const Value& value, dns::ServerOptions& server) { server.hosts = read_records(value); }},
    {"ttl",
     [](const Value& value, dns::ServerOptions& server) {
       const Duration ttl = value.duration();
       if (ttl.ns % seconds(1).ns != 0 || ttl / seconds(1) > 0x7fff'ffff) {
         value.refuse("whole seconds, such as \"300s\"");
       }
       server.ttl = static_cast<std::uint32_t>(ttl / seconds(1));
     }},
    {"dns64", [](const Value& value,
                 dns::ServerOptions& server) { server.dns64 = read_translation_prefix(value); }},
}};

constexpr std::array<Key<dns::ResolverOptions>, 3> dns_resolve_keys = {{
    {"type",
     [](const Value& value, dns::ResolverOptions& options) {
       constexpr std::array<Choice<dns::RecordType>, 2> names = {{
           {"A", dns::RecordType::a},
           {"AAAA", dns::RecordType::aaaa},
       }};
       options.question.type = value.one_of(names);
     }},
    {"timeout", [](const Value& value,
                   dns::ResolverOptions& options) { options.timeout = value.positive_duration(); }},
    {"tries", [](const Value& value,
                 dns::ResolverOptions& options) { options.tries = value.number<int>(1, 100); }},
}};

// Keeps the question while it runs; a script never sees it.
class LookupHolder : public Scripted {
 public:
  explicit LookupHolder(std::unique_ptr<agents::DnsLookup> lookup) : lookup_(std::move(lookup)) {}
  [[nodiscard]] const Class& script_class() const override { return type; }
  [[nodiscard]] const agents::DnsLookup& lookup() const { return *lookup_; }
  // Gives the socket back, once the result has been read.
  void end() { lookup_.reset(); }

 private:
  static constexpr Class type = {"lookup", "a DNS lookup", {}, {}};

  std::unique_ptr<agents::DnsLookup> lookup_;
};

int begin_lookup(lua_State* lua, net::Host& host, const dns::ResolverOptions& options,
                 std::string_view function, lua_KFunction finish) {
  auto lookup = agents::DnsLookup::start(host, options);
  if (!lookup) raise(lua, "{}: {}", function, lookup.error());
  Run& run = Run::of(lua);
  auto& holder = run.make<LookupHolder>(lua, std::move(lookup.value()));
  return run.wait().begin(
      lua, options.timeout * (options.tries + 1),
      [&holder] { return holder.lookup().outcome().has_value(); }, finish,
      reinterpret_cast<lua_KContext>(&holder));
}

int finish_resolve(lua_State* lua, int /*status*/, lua_KContext context) {
  auto& holder = *reinterpret_cast<LookupHolder*>(context);
  const dns::Resolver::Outcome outcome = holder.lookup().outcome().value();
  holder.end();
  if (!outcome.failure.empty()) {
    lua_pushnil(lua);
    push_string(lua, outcome.failure);
    return 2;
  }
  push_list(lua, outcome.answers,
            [lua](const dns::Answer& answer) { push_string(lua, to_string(answer.address)); });
  return 1;
}

int finish_discovery(lua_State* lua, int /*status*/, lua_KContext context) {
  auto& holder = *reinterpret_cast<LookupHolder*>(context);
  const auto prefix = dns::discover_prefix(holder.lookup().outcome().value().answers);
  holder.end();
  if (!prefix) return 0;
  push_string(lua, to_string(*prefix));
  return 1;
}

}  // namespace

constinit const Member DnsServerObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"answered", call_member<DnsServerObject, &DnsServerObject::answered>},
};
const Class DnsServerObject::lua_class = {"dns_server", "a DNS server", {}, fields};

int DnsServerObject::answered(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_->answered()));
  return 1;
}

dns::ServerOptions read_dns_server(const Value& table) {
  dns::ServerOptions options;
  read_options(table, dns_server_keys, options);
  return options;
}

int resolve_name(lua_State* lua, net::Host& host, const Endpoint& server, const Value& name,
                 const Value& options) {
  dns::ResolverOptions asked;
  asked.server = server;
  const auto normal = dns::normal_name(name.text());
  if (!normal) name.refuse("a name, such as \"server.example\"");
  asked.question.name = *normal;
  // What the host can use itself.
  const IpAddress* const own = host.source_for(server.address);
  if (own != nullptr && !own->is_v4()) asked.question.type = dns::RecordType::aaaa;
  if (options.present()) read_options(options, dns_resolve_keys, asked);
  return begin_lookup(lua, host, asked, "host:resolve", finish_resolve);
}

int discover_nat64(lua_State* lua, net::Host& host, const Endpoint& server) {
  dns::ResolverOptions asked;
  asked.server = server;
  asked.question = {std::string(dns::ipv4_only_name), dns::RecordType::aaaa};
  return begin_lookup(lua, host, asked, "host:discover_nat64", finish_discovery);
}

}  // namespace natsim::script
