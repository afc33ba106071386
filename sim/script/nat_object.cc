#include "sim/script/nat_object.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/nat/knobs.h"
#include "sim/nat/presets.h"
#include "sim/net/host.h"
#include "sim/net/network.h"
#include "sim/script/nat_settings.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

// Where only the address counts, the port is 0 and left out.
std::string remote_text(const Endpoint& remote) {
  return remote.port == 0 ? to_string(remote.address) : to_string(remote);
}

}  // namespace

constinit const Member NatObject::methods[] = {
    {"mappings", call_member<NatObject, &NatObject::mappings>},
    {"natstat", call_member<NatObject, &NatObject::natstat>},
    {"options", call_member<NatObject, &NatObject::options>},
    {"flush", call_member<NatObject, &NatObject::flush>},
    {"reboot", call_member<NatObject, &NatObject::reboot>},
    {"renumber", call_member<NatObject, &NatObject::renumber>},
    {"set", call_member<NatObject, &NatObject::set>},
    {"port_mapping", call_member<NatObject, &NatObject::port_mapping>},
};
constinit const Member NatObject::fields[] = {
    {"name", call_member<NatObject, &NatObject::name>},
    {"kind", call_member<NatObject, &NatObject::kind>},
    {"external_address", call_member<NatObject, &NatObject::external_address>},
    {"external_addresses", call_member<NatObject, &NatObject::external_addresses>},
    {"internal_address", call_member<NatObject, &NatObject::internal_address>},
    {"nat64_prefix", call_member<NatObject, &NatObject::nat64_prefix>},
    {"aftr_address", call_member<NatObject, &NatObject::aftr_address>},
    {"wan", call_member<NatObject, &NatObject::push_wan>},
};
const Class NatObject::lua_class = {"nat", "a NAT", methods, fields};

NatObject::NatObject(nat::NatBox& box, Place& outside, LinkObject& wan, std::vector<Prefix> blocks,
                     Families families)
    : box_(box), outside_(outside), wan_(wan), pool_(std::move(blocks), true) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const bool wanted =
        families == Families::dual || (family == Family::ipv4) == (families == Families::ipv4);
    const auto address = wanted ? pool_.next(family) : std::nullopt;
    if (!address) continue;
    pool_.claim(*address, box.name());
    inside_addresses_.push_back(*address);
  }
}

std::string NatObject::shown() const { return fmt::format("nat '{}'", box_.label()); }

net::Interface& NatObject::open_interface() {
  net::Interface& interface = box_.add_inside_interface();
  for (const IpAddress& address : inside_addresses_) {
    interface.add_address(address, pool_.on_link_length(address));
  }
  return interface;
}

int NatObject::mappings(lua_State* lua) {
  push_list(lua, box_.mappings(), [lua](const nat::MappingSnapshot& mapping) {
    TableWriter table(lua);
    table.set("number", mapping.number);
    table.set("internal", mapping.internal);
    if (mapping.softwire) table.set("softwire", to_string(*mapping.softwire));
    table.set("external", mapping.external);
    if (mapping.remote) table.set("remote", remote_text(*mapping.remote));
    table.set("created", mapping.created);
    table.set("refreshed", mapping.refreshed);
    table.set("expires", mapping.expires);
    table.set("packets_out", mapping.packets_out);
    table.set("packets_in", mapping.packets_in);
    push_list(lua, mapping.filter,
              [lua](const Endpoint& remote) { push_string(lua, remote_text(remote)); });
    table.set_top("filter");
  });
  return 1;
}

int NatObject::natstat(lua_State* lua) {
  push_string(lua, nat::natstat(box_.mappings(), box_.world().now()));
  return 1;
}

int NatObject::options(lua_State* lua) {
  TableWriter table(lua);
  for (const nat::Knob& knob : nat::knobs()) {
    table.set(std::string(knob.name).c_str(), nat::value_text(knob, box_.options()));
  }
  return 1;
}

int NatObject::flush(lua_State* /*lua*/) {
  box_.flush();
  restart_programs();
  return 0;
}

int NatObject::reboot(lua_State* lua) {
  const Value downtime(lua, 2, "nat:reboot");
  box_.reboot(downtime.present() ? downtime.duration() : Duration{});
  restart_programs();
  return 0;
}

int NatObject::renumber(lua_State* lua) {
  const IpAddress address = Value(lua, 2, "nat:renumber").address();
  box_.renumber(address, claim_address(lua, outside_, address, box_.name(), "nat:renumber"));
  restart_programs();
  return 0;
}

void check_nat64(const Value& value, const nat::NatOptions& options) {
  if (options.has_gateways()) {
    value.complain("a NAT64 has no gateways for payloads, alg_sip and alg_any_address");
  }
}

void check_aftr(const Value& value, const nat::NatOptions& options) {
  if (nat::suits_aftr(options)) return;
  if (options.has_gateways()) {
    value.complain("an AFTR has no gateways for payloads, alg_sip and alg_any_address");
  }
  if (options.hairpin == nat::Hairpin::internal_source) {
    value.complain(
        "behind an AFTR hairpin cannot be \"internal_source\": customers may have the same "
        "addresses");
  }
  value.complain(
      "an AFTR's port_blocks cannot be \"deterministic\": its subscribers are softwires, which "
      "have no IPv4 addresses");
}

int NatObject::set(lua_State* lua) {
  const Value changes(lua, 2, "nat:set");
  const nat::NatOptions options = read_nat_changes(changes, box_.options());
  if (box_.nat64_prefix() != nullptr) check_nat64(changes, options);
  if (aftr() != nullptr) check_aftr(changes, options);
  box_.reconfigure(options);
  restart_programs();
  return 0;
}

void NatObject::restart_programs() {
  if (port_map_server_ != nullptr) port_map_server_->restart();
}

const IpAddress* NatObject::inside_address(Family family) const {
  for (const IpAddress& address : inside_addresses_) {
    if (address.family() == family) return &address;
  }
  return nullptr;
}

// The device's own programs run on a host behind it that has its addresses inside.
int NatObject::port_mapping(lua_State* lua) {
  if (port_map_server_ != nullptr) {
    raise(lua, "nat:port_mapping: {} serves port mappings already", shown());
  }
  if (box_.nat64_prefix() != nullptr) {
    raise(lua, "nat:port_mapping: {} is a NAT64, which serves none", shown());
  }
  if (aftr() != nullptr) {
    raise(lua, "nat:port_mapping: {} is an AFTR, which serves none", shown());
  }
  const auto settings = read_port_map_server(Value(lua, 2, "nat:port_mapping"));
  Run& run = Run::of(lua);
  const std::string host_name = box_.name() + "-services";
  lua_pushlstring(lua, host_name.data(), host_name.size());
  run.net().names().take(Value(lua, -1, "nat:port_mapping"), host_name);
  lua_pop(lua, 1);
  auto& host = run.network().add<net::Host>(host_name);
  net::Interface& interface = host.add_interface();
  for (const IpAddress& address : inside_addresses_) {
    interface.add_address(address, pool_.on_link_length(address));
  }
  net::Interface& port = box_.add_inside_interface();
  run.network().connect(interface, port, {}, {});
  box_.set_services(port);
  PortMapServers servers;
  if (settings.portmap.nat_pmp || settings.portmap.pcp) {
    auto agent = agents::PortMapServer::start(host, box_, settings.portmap);
    if (!agent) raise(lua, "nat:port_mapping: {}", agent.error());
    servers.portmap = std::move(agent.value());
  }
  // UPnP knows no IPv6 addresses.
  if (settings.upnp && inside_address(Family::ipv4) != nullptr) {
    auto agent = agents::UpnpDevice::start(host, box_, settings.device);
    if (!agent) raise(lua, "nat:port_mapping: {}", agent.error());
    servers.upnp = std::move(agent.value());
  }
  port_map_server_ = &run.make<PortMapServerObject>(lua, std::move(servers));
  push(lua, *port_map_server_);
  return 1;
}

int NatObject::name(lua_State* lua) {
  push_string(lua, box_.label());
  return 1;
}

int NatObject::kind(lua_State* lua) {
  push_string(lua, nat::kind_name(box_.options()));
  return 1;
}

int NatObject::external_address(lua_State* lua) {
  push_string(lua, to_string(box_.outside_interface().addresses().front()));
  return 1;
}

int NatObject::external_addresses(lua_State* lua) {
  push_list(lua, box_.outside_interface().addresses(),
            [lua](const IpAddress& address) { push_string(lua, to_string(address)); });
  return 1;
}

int NatObject::internal_address(lua_State* lua) {
  push_string(lua, to_string(inside_addresses_.front()));
  return 1;
}

int NatObject::nat64_prefix(lua_State* lua) {
  const Prefix* const prefix = box_.nat64_prefix();
  if (prefix == nullptr) return 0;
  push_string(lua, to_string(*prefix));
  return 1;
}

int NatObject::aftr_address(lua_State* lua) {
  const IpAddress* const address = aftr();
  if (address == nullptr) return 0;
  push_string(lua, to_string(*address));
  return 1;
}

int NatObject::push_wan(lua_State* lua) {
  push(lua, wan_);
  return 1;
}

}  // namespace natsim::script
