#include "sim/script/firewall_object.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "sim/script/firewall_settings.h"
#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

std::string_view flow_protocol(nat::Transport transport) {
  switch (transport) {
    case nat::Transport::udp:
      return "udp";
    case nat::Transport::tcp:
      return "tcp";
    case nat::Transport::icmp_query:
      break;
  }
  return "icmp";
}

struct FirewallSetup {
  std::optional<nat::FirewallOptions> options;
  std::optional<Attachment> wan;
  Families families = Families::ipv4;
};
constexpr std::array<Key<FirewallSetup>, 3> setup_keys = {{
    {"firewall",
     [](const Value& value, FirewallSetup& setup) { setup.options = read_firewall(value); }},
    {"wan", [](const Value& value, FirewallSetup& setup) { setup.wan = read_attachment(value); }},
    {"family",
     [](const Value& value, FirewallSetup& setup) { setup.families = read_families(value); }},
}};

}  // namespace

constinit const Member FirewallObject::methods[] = {
    {"flows", call_member<FirewallObject, &FirewallObject::flows>},
    {"log_in", call_member<FirewallObject, &FirewallObject::log_in>},
    {"log_out", call_member<FirewallObject, &FirewallObject::log_out>},
    {"flush", call_member<FirewallObject, &FirewallObject::flush>},
};
constinit const Member FirewallObject::fields[] = {
    {"name", call_member<FirewallObject, &FirewallObject::name>},
    {"wan", call_member<FirewallObject, &FirewallObject::push_wan>},
};
const Class FirewallObject::lua_class = {"firewall", "a firewall", methods, fields};

std::string FirewallObject::shown() const { return fmt::format("firewall '{}'", box_.label()); }

net::Interface& FirewallObject::open_interface() {
  net::Interface& interface = box_.add_interface();
  for (const IpAddress& address : own_) interface.add_address(address, address.is_v4() ? 32 : 128);
  return interface;
}

int FirewallObject::flows(lua_State* lua) {
  push_list(lua, box_.flows(), [lua](const nat::FlowSnapshot& flow) {
    TableWriter table(lua);
    table.set("protocol", flow_protocol(flow.transport));
    table.set("internal", flow.internal);
    table.set("remote", flow.remote);
    if (flow.tcp_state) table.set("state", nat::to_string(*flow.tcp_state));
    table.set("created", flow.created);
    table.set("expires", flow.expires);
  });
  return 1;
}

int FirewallObject::log_in(lua_State* lua) {
  if (!box_.options().captive_portal)
    raise(lua, "firewall:log_in: {} is no captive portal", shown());
  const Value host(lua, 2, "firewall:log_in");
  if (!host.present()) {
    box_.log_in_all();
    return 0;
  }
  for (const IpAddress& address : Run::of(lua).net().names().at<HostObject>(host).addresses()) {
    box_.log_in(address);
  }
  return 0;
}

int FirewallObject::log_out(lua_State* lua) {
  if (!box_.options().captive_portal) {
    raise(lua, "firewall:log_out: {} is no captive portal", shown());
  }
  box_.log_out_all();
  return 0;
}

int FirewallObject::flush(lua_State* /*lua*/) {
  box_.flush();
  return 0;
}

int FirewallObject::name(lua_State* lua) {
  push_string(lua, box_.label());
  return 1;
}

int FirewallObject::push_wan(lua_State* lua) {
  push(lua, wan_);
  return 1;
}

FirewallObject& build_firewall(lua_State* lua, const std::string& name,
                               const nat::FirewallOptions& options, const Attachment& wan,
                               Families families, std::string_view function) {
  Run& run = Run::of(lua);
  auto& node = run.network().add<nat::FirewallBox>(name, options);
  net::Interface& outside = node.outside_interface();
  give_addresses(lua, outside, wan, families, function);
  LinkObject& link = join(lua, outside, wan);
  auto& firewall = run.make<FirewallObject>(lua, node, link, wan.to->addresses(),
                                            std::vector<IpAddress>(outside.addresses()));
  run.net().names().set(name, firewall);
  return firewall;
}

int make_firewall(lua_State* lua) {
  const Value name_value(lua, 2, "net:firewall");
  const Value table(lua, 3, "net:firewall");
  const std::string name = name_value.text();
  FirewallSetup setup;
  read_options(table, setup_keys, setup);
  if (!setup.options) table.complain("missing key 'firewall'");
  if (!setup.wan) table.complain("missing key 'wan'");
  Run::of(lua).net().names().take(name_value, name);
  push(lua, build_firewall(lua, name, *setup.options, *setup.wan, setup.families, "net:firewall"));
  return 1;
}

}  // namespace natsim::script
