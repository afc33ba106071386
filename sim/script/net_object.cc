#include "sim/script/net_object.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/agents/call.h"
#include "sim/core/drop_reason.h"
#include "sim/net/host.h"
#include "sim/net/router.h"
#include "sim/script/call_object.h"
#include "sim/script/call_options.h"
#include "sim/script/duration_value.h"
#include "sim/script/home.h"
#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/partition_object.h"
#include "sim/script/router_object.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/signalling_path.h"

namespace natsim::script {
namespace {

struct NodeOptions {
  std::vector<Attachment> links;
  std::vector<IpAddress> ips;  // of the first link
  Families families = Families::ipv4;
};

void read_links(const Value& value, NodeOptions& node) {
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    node.links.push_back(read_attachment(value.element(i)));
  }
}

constexpr std::array<Key<NodeOptions>, 4> host_keys = {{
    {"link",
     [](const Value& value, NodeOptions& node) { node.links.push_back(read_attachment(value)); }},
    {"links", read_links},
    {"ip", [](const Value& value, NodeOptions& node) { node.ips = value.addresses(); }},
    {"family", [](const Value& value, NodeOptions& node) { node.families = read_families(value); }},
}};
constexpr std::array<Key<NodeOptions>, 2> router_keys = {{host_keys[0], host_keys[1]}};

}  // namespace

constinit const Member NetObject::methods[] = {
    {"router", call_member<NetObject, &NetObject::router>},
    {"host", call_member<NetObject, &NetObject::host>},
    {"home", call_member<NetObject, &NetObject::home>},
    {"nat", call_member<NetObject, &NetObject::nat>},
    {"firewall", call_member<NetObject, &NetObject::firewall>},
    {"link", call_member<NetObject, &NetObject::link>},
    {"call", call_member<NetObject, &NetObject::call>},
    {"signalling", call_member<NetObject, &NetObject::signalling>},
    {"partition", call_member<NetObject, &NetObject::partition>},
    {"drops", call_member<NetObject, &NetObject::drops>},
    {"now", call_member<NetObject, &NetObject::now>},
};
const Class NetObject::lua_class = {"net", "the net", methods, {}};

int NetObject::router(lua_State* lua) {
  const Value name_value(lua, 2, "net:router");
  const Value table(lua, 3, "net:router");
  const std::string name = name_value.text();
  NodeOptions options;
  if (table.present()) read_options(table, router_keys, options);
  names_.take(name_value, name);
  Run& run = Run::of(lua);
  auto& node = run.network().add<net::Router>(name);
  AddressPool& pool =
      options.links.empty() ? plan_.internet() : options.links.front().to->addresses();
  auto& router = run.make<RouterObject>(lua, node, pool);
  names_.set(name, router);
  for (const Attachment& link : options.links) {
    net::Interface& interface = node.add_interface();
    if (!link.addresses.empty()) give_addresses(lua, interface, link, {}, "net:router");
    join(lua, interface, link);
  }
  push(lua, router);
  return 1;
}

int NetObject::host(lua_State* lua) {
  const Value name_value(lua, 2, "net:host");
  const Value table(lua, 3, "net:host");
  const std::string name = name_value.text();
  NodeOptions options;
  if (table.present()) read_options(table, host_keys, options);
  if (!options.ips.empty()) {
    if (options.links.empty()) table.complain("'ip' needs a link that leads somewhere");
    if (!options.links.front().addresses.empty()) {
      table.complain("'ip' is given for the host and for its first link");
    }
    options.links.front().addresses = options.ips;
  }
  names_.take(name_value, name);
  Run& run = Run::of(lua);
  auto& node = run.network().add<net::Host>(name);
  auto& host = run.make<HostObject>(lua, node);
  names_.set(name, host);
  for (const Attachment& link : options.links) {
    net::Interface& interface = node.add_interface();
    give_addresses(lua, interface, link, options.families, "net:host");
    host.add_link(join(lua, interface, link));
    if (auto* const nat = dynamic_cast<NatObject*>(link.to)) host.set_nat(*nat);
    if (auto* const firewall = dynamic_cast<FirewallObject*>(link.to)) host.set_firewall(*firewall);
  }
  push(lua, host);
  return 1;
}

int NetObject::home(lua_State* lua) { return make_home(lua); }

int NetObject::nat(lua_State* lua) { return make_nat(lua); }

int NetObject::firewall(lua_State* lua) { return make_firewall(lua); }

int NetObject::link(lua_State* lua) {
  const Value from(lua, 2, "net:link");
  const Value table(lua, 4, "net:link");
  Attachment attachment{.to = &names_.at<Place>(Value(lua, 3, "net:link"))};
  Families families = Families::ipv4;
  if (table.present()) {
    read_link_settings(table, attachment.link, {"ip", "family"});
    if (const Value ip = table.field("ip"); ip.present()) attachment.addresses = ip.addresses();
    if (const Value family = table.field("family"); family.present()) {
      families = read_families(family);
    }
  }
  if (auto* const host = names_.find<HostObject>(from)) {
    net::Interface& interface = host->host().add_interface();
    give_addresses(lua, interface, attachment, families, "net:link");
    LinkObject& made = join(lua, interface, attachment);
    host->add_link(made);
    push(lua, made);
    return 1;
  }
  if (!attachment.addresses.empty()) table.complain("only a host's link has an 'ip'");
  push(lua, join(lua, names_.at<Place>(from).open_interface(), attachment));
  return 1;
}

int NetObject::call(lua_State* lua) {
  auto& caller = names_.at<HostObject>(Value(lua, 2, "net:call"));
  auto& callee = names_.at<HostObject>(Value(lua, 3, "net:call"));
  const Value table(lua, 4, "net:call");
  if (&caller == &callee) raise(lua, "net:call: {} cannot call itself", caller.shown());
  caller.begin_program(lua, "net:call");
  callee.begin_program(lua, "net:call");
  auto options = table.present() ? read_call_options(table) : agents::CallOptions();
  caller.equip(lua, "net:call", options.caller);
  callee.equip(lua, "net:call", options.callee);
  options.certificates = &Run::of(lua).certificates();
  auto call = agents::Call::start(caller.host(), callee.host(), std::move(options));
  if (!call) raise(lua, "net:call: {}", call.error());
  push(lua, Run::of(lua).make<CallObject>(lua, std::move(call.value())));
  return 1;
}

int NetObject::signalling(lua_State* lua) { return make_signalling(lua); }

int NetObject::partition(lua_State* lua) { return make_partition(lua); }

int NetObject::drops(lua_State* lua) {
  // All but `none`.
  std::array<std::string_view, core::drop_reason_count - 1> names;
  const auto reason_at = [](std::size_t i) { return static_cast<core::DropReason>(i + 1); };
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = name(reason_at(i));
  const core::DropReason reason = reason_at(Value(lua, 2, "net:drops").index_of(names));
  lua_pushinteger(lua, static_cast<lua_Integer>(Run::of(lua).world().events().drops(reason)));
  return 1;
}

int NetObject::now(lua_State* lua) {
  push_duration(lua, Run::of(lua).world().now() - Time{});
  return 1;
}

}  // namespace natsim::script
