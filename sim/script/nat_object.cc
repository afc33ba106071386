#include "sim/script/nat_object.h"

#include <utility>

#include <fmt/format.h>

#include "sim/nat/presets.h"
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
    {"flush", call_member<NatObject, &NatObject::flush>},
};
constinit const Member NatObject::fields[] = {
    {"name", call_member<NatObject, &NatObject::name>},
    {"kind", call_member<NatObject, &NatObject::kind>},
    {"external_address", call_member<NatObject, &NatObject::external_address>},
    {"external_addresses", call_member<NatObject, &NatObject::external_addresses>},
    {"wan", call_member<NatObject, &NatObject::push_wan>},
};
const Class NatObject::lua_class = {"nat", "a NAT", methods, fields};

NatObject::NatObject(nat::NatBox& box, LinkObject& wan, std::vector<Prefix> blocks,
                     Families families)
    : box_(box), wan_(wan), pool_(std::move(blocks), true) {
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

int NatObject::flush(lua_State* /*lua*/) {
  box_.flush();
  return 0;
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

int NatObject::push_wan(lua_State* lua) {
  push(lua, wan_);
  return 1;
}

}  // namespace natsim::script
