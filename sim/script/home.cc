#include "sim/script/home.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/b4_box.h"
#include "sim/nat/clat_box.h"
#include "sim/nat/nat_box.h"
#include "sim/net/host.h"
#include "sim/script/b4_object.h"
#include "sim/script/clat_object.h"
#include "sim/script/firewall_object.h"
#include "sim/script/firewall_settings.h"
#include "sim/script/host_object.h"
#include "sim/script/nat_object.h"
#include "sim/script/nat_settings.h"
#include "sim/script/options.h"
#include "sim/script/router_object.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/translation_prefix.h"

namespace natsim::script {
namespace {

// The network behind a box.
struct Lan {
  std::optional<Prefix> prefix;  // unset: from the address plan
  LinkSettings link;             // of each host, up towards the box
  bool multicast = true;         // from host to host
};

struct Box {
  bool nat_given = false;
  std::optional<nat::NatOptions> nat;            // unset: "none"
  std::optional<nat::FirewallOptions> firewall;  // between the box and the outside
  std::optional<Attachment> wan;
  Lan lan;
  std::optional<Prefix> nat64;  // set: the NAT is a NAT64
  std::optional<Prefix> clat;   // set: the prefix that the box's CLAT finds the PLAT by
  std::optional<bool> aftr;     // set: the NAT is an AFTR, or is said not to be one
  std::optional<IpAddress> b4;  // set: the AFTR that the box's softwire leads to
  std::optional<Families> families;
  [[nodiscard]] Families inside() const {
    return families.value_or(nat64 || aftr ? Families::ipv6 : Families::ipv4);
  }
  [[nodiscard]] Families outside() const {
    if (clat || b4) return Families::ipv6;
    return nat64 || aftr ? Families::ipv4 : inside();
  }
  int host_count = 1;
  std::vector<std::string> host_names;  // if they are given
  std::vector<IpAddress> ips;           // of the hosts, in their order
};

Lan read_lan(const Value& value) {
  Lan lan;
  read_link_settings(value, lan.link, {"prefix", "multicast"});
  if (const Value multicast = value.field("multicast"); multicast.present()) {
    lan.multicast = multicast.boolean();
  }
  if (const Value prefix = value.field("prefix"); prefix.present()) {
    lan.prefix = prefix.prefix();
    if (lan.prefix->length > (lan.prefix->network.is_v4() ? 29 : 120)) {
      prefix.complain("the block is too small for a network of hosts");
    }
  }
  return lan;
}

void read_hosts(const Value& value, Box& box) {
  if (!value.is_table()) {
    box.host_count = value.number<int>(1, 60'000);
    return;
  }
  box.host_count = value.length();
  if (box.host_count == 0) value.refuse("at least one host");
  for (int i = 1; i <= box.host_count; ++i) {
    const StackMark mark(value.lua());
    box.host_names.push_back(value.element(i).text());
  }
}

// An AFTR, or the address of one.
IpAddress read_aftr(const Value& value) {
  if (value.is_text()) {
    if (const auto address = IpAddress::parse(value.text())) {
      if (address->is_v4() || address->is_any() || address->is_multicast()) {
        value.refuse("the IPv6 address of an AFTR");
      }
      return *address;
    }
  }
  const NatObject& nat = Run::of(value.lua()).net().names().at<NatObject>(value);
  if (nat.aftr() == nullptr) value.complain(nat.shown() + " is no AFTR; it needs aftr = true");
  return *nat.aftr();
}

void read_is_aftr(const Value& value, Box& box) {
  if (!value.boolean()) value.refuse("true: without it a NAT is no AFTR");
  box.aftr = true;
}

constexpr std::array<Key<Box>, 10> home_keys = {{
    {"nat",
     [](const Value& value, Box& box) {
       box.nat_given = true;
       box.nat = read_nat(value);
     }},
    {"wan", [](const Value& value, Box& box) { box.wan = read_attachment(value); }},
    {"lan", [](const Value& value, Box& box) { box.lan = read_lan(value); }},
    {"family", [](const Value& value, Box& box) { box.families = read_families(value); }},
    {"nat64", [](const Value& value, Box& box) { box.nat64 = read_translation_prefix(value); }},
    {"firewall", [](const Value& value, Box& box) { box.firewall = read_firewall(value); }},
    {"clat", [](const Value& value, Box& box) { box.clat = read_translation_prefix(value); }},
    {"b4", [](const Value& value, Box& box) { box.b4 = read_aftr(value); }},
    {"hosts", read_hosts},
    {"ip", [](const Value& value, Box& box) { box.ips = value.addresses(); }},
}};
// net:nat has no hosts of its own.
constexpr std::array<Key<Box>, 6> carrier_keys = {
    {home_keys[0], home_keys[1], home_keys[2], home_keys[3], home_keys[4], {"aftr", read_is_aftr}}};

void require(const Value& table, bool given, const char* key) {
  if (!given) table.complain(fmt::format("missing key '{}'", key));
}

void check_translation(const Value& table, const Box& box) {
  if (box.clat) {
    if (box.nat) table.complain("a home with 'clat' has nat = \"none\": the NAT is the carrier's");
    if (box.firewall) table.complain("a home with 'clat' has no firewall");
    if (box.inside() != Families::ipv4) table.complain("behind a CLAT 'family' is \"ipv4\"");
  }
  if (box.b4) {
    if (box.nat) table.complain("a home with 'b4' has nat = \"none\": the NAT is the AFTR's");
    if (box.clat) table.complain("a home has 'b4' or 'clat', not both");
    if (box.firewall) table.complain("a home with 'b4' has no firewall");
    if (box.inside() != Families::ipv4) table.complain("behind a B4 'family' is \"ipv4\"");
  }
  if (box.aftr) {
    if (!box.nat) table.complain("'aftr' needs a NAT");
    if (box.nat64) table.complain("a NAT has 'aftr' or 'nat64', not both");
    check_aftr(table, *box.nat);
    if (box.inside() != Families::ipv6) table.complain("behind an AFTR 'family' is \"ipv6\"");
  }
  if (!box.nat64) return;
  if (!box.nat) table.complain("'nat64' needs a NAT");
  check_nat64(table, *box.nat);
  if (box.inside() != Families::ipv6) table.complain("behind a NAT64 'family' is \"ipv6\"");
}

// The blocks of the network behind a box: as written, or around the address that is written for
// the first host, or the next ones of the plan.
std::vector<Prefix> blocks_of(const Value& table, const Box& box, std::vector<Prefix> planned) {
  if (box.lan.prefix) {
    std::vector<Prefix> blocks{*box.lan.prefix};
    for (const Prefix& block : planned) {
      if (block.network.family() != box.lan.prefix->network.family()) blocks.push_back(block);
    }
    return blocks;
  }
  if (!box.ips.empty()) {
    const IpAddress& first = box.ips.front();
    return {Prefix::of(first, first.is_v4() ? 24 : 64)};
  }
  if (planned.empty()) table.complain("there are no more addresses for a network; give lan.prefix");
  return planned;
}

NatObject& build_nat(lua_State* lua, const std::string& name, const Box& box,
                     std::vector<Prefix> blocks, std::string_view function) {
  Run& run = Run::of(lua);
  // The address that the box takes inside.
  const auto aftr = box.aftr ? AddressPool(blocks, true).next(Family::ipv6) : std::nullopt;
  if (box.aftr && !aftr) raise(lua, "{}: an AFTR needs an IPv6 network inside", function);
  auto& node = run.network().add<nat::NatBox>(name, *box.nat, box.nat64, aftr);
  net::Interface& outside = node.outside_interface();
  give_addresses(lua, outside, *box.wan, box.outside(), function);
  LinkObject& wan = join(lua, outside, *box.wan);
  auto& nat = run.make<NatObject>(lua, node, *box.wan->to, wan, std::move(blocks), box.inside());
  run.net().names().set(name, nat);
  return nat;
}

// Without a NAT the hosts have addresses of the outside's pool, behind a router.
RouterObject& build_router(lua_State* lua, const std::string& name, const Box& box,
                           LinkObject*& wan) {
  Run& run = Run::of(lua);
  auto& node = run.network().add<net::Router>(name);
  wan = &join(lua, node.add_interface(), *box.wan);
  auto& router = run.make<RouterObject>(lua, node, box.wan->to->addresses());
  run.net().names().set(name, router);
  return router;
}

// The prefix for the hosts inside follows from the box's own address (RFC 6877 §6.3).
ClatObject& build_clat(lua_State* lua, const std::string& name, const Box& box,
                       std::vector<Prefix> blocks) {
  Run& run = Run::of(lua);
  const Families families = Families::ipv6;
  Attachment wan = *box.wan;
  if (wan.addresses.empty()) {
    const auto address = wan.to->addresses().next(Family::ipv6);
    if (!address) raise(lua, "net:home: no address is left behind {}", wan.to->shown());
    wan.addresses = {*address};
  }
  const IpAddress own = wan.addresses.front();
  if (own.is_v4()) raise(lua, "net:home: a CLAT has IPv6 outside, not {}", to_string(own));
  const Prefix prefix{IpAddress::v6(own.high(), (own.low() & 0x00ff'ffff) << 32), 96};
  auto& node =
      run.network().add<nat::ClatBox>(name, nat::ClatOptions{.own = prefix, .plat = *box.clat});
  give_addresses(lua, node.outside_interface(), wan, families, "net:home");
  auto& clat =
      run.make<ClatObject>(lua, node, join(lua, node.outside_interface(), wan), std::move(blocks));
  run.net().names().set(name, clat);
  return clat;
}

B4Object& build_b4(lua_State* lua, const std::string& name, const Box& box,
                   std::vector<Prefix> blocks) {
  Run& run = Run::of(lua);
  auto& node = run.network().add<nat::B4Box>(name, *box.b4);
  give_addresses(lua, node.outside_interface(), *box.wan, Families::ipv6, "net:home");
  const IpAddress& own = node.outside_interface().addresses().front();
  if (own.is_v4()) raise(lua, "net:home: a B4 has IPv6 outside, not {}", to_string(own));
  auto& b4 = run.make<B4Object>(lua, node, join(lua, node.outside_interface(), *box.wan),
                                std::move(blocks));
  run.net().names().set(name, b4);
  return b4;
}

HostObject& build_host(lua_State* lua, const std::string& name, Place& box_place, const Box& box,
                       std::optional<IpAddress> ip) {
  Run& run = Run::of(lua);
  auto& node = run.network().add<net::Host>(name);
  auto& host = run.make<HostObject>(lua, node);
  net::Interface& interface = node.add_interface();
  Attachment attachment{.to = &box_place, .link = box.lan.link};
  if (ip) attachment.addresses = {*ip};
  give_addresses(lua, interface, attachment, box.inside(), "net:home");
  host.add_link(join(lua, interface, attachment));
  run.net().names().set(name, host);
  return host;
}

}  // namespace

int make_home(lua_State* lua) {
  const Value name_value(lua, 2, "net:home");
  const Value table(lua, 3, "net:home");
  const std::string name = name_value.text();
  Box box;
  read_options(table, home_keys, box);
  require(table, box.nat_given, "nat");
  require(table, box.wan.has_value(), "wan");
  check_translation(table, box);
  if (box.ips.size() > static_cast<std::size_t>(box.host_count)) {
    table.complain(
        fmt::format("'ip' has {} addresses for {} hosts", box.ips.size(), box.host_count));
  }

  Run& run = Run::of(lua);
  NodeNames& names = run.net().names();
  const std::string firewall_name = name + "-firewall";
  if (box.firewall) names.take(name_value, firewall_name);
  const std::string box_name = name + (box.nat    ? "-nat"
                                       : box.clat ? "-clat"
                                       : box.b4   ? "-b4"
                                                  : "-router");
  if (box.nat || !box.firewall) names.take(name_value, box_name);
  if (box.host_names.empty()) {
    box.host_names.push_back(name);
    for (int i = 2; i <= box.host_count; ++i)
      box.host_names.push_back(fmt::format("{}-{}", name, i));
  }
  for (const std::string& host_name : box.host_names) names.take(name_value, host_name);

  LinkObject* wan = nullptr;
  NatObject* nat = nullptr;
  FirewallObject* firewall = nullptr;
  ClatObject* clat = nullptr;
  B4Object* b4 = nullptr;
  Place* place = nullptr;
  if (box.firewall) {
    Attachment outside = *box.wan;
    outside.addresses.clear();  // those given are the NAT's, or the hosts'
    firewall =
        &build_firewall(lua, firewall_name, *box.firewall, outside, box.outside(), "net:home");
    box.wan->to = firewall;
    box.wan->link = {};
  }
  if (box.nat) {
    nat = &build_nat(lua, box_name, box, blocks_of(table, box, run.net().plan().next_home()),
                     "net:home");
    wan = &nat->wan();
    place = nat;
  } else if (box.clat) {
    clat = &build_clat(lua, box_name, box, blocks_of(table, box, run.net().plan().next_home()));
    wan = &clat->wan();
    place = clat;
  } else if (box.b4) {
    b4 = &build_b4(lua, box_name, box, blocks_of(table, box, run.net().plan().next_home()));
    wan = &b4->wan();
    place = b4;
  } else {
    if (box.lan.prefix) table.complain("lan.prefix needs a NAT: without one the hosts are outside");
    // Without a NAT an address of the wan is the host's.
    if (box.ips.empty()) box.ips = box.wan->addresses;
    place = firewall;
    if (firewall == nullptr) place = &build_router(lua, box_name, box, wan);
  }
  if (firewall != nullptr) wan = &firewall->wan();
  place->node().set_multicast(box.lan.multicast);

  luaL_checkstack(lua, box.host_count + 10, nullptr);
  for (std::size_t i = 0; i < box.host_names.size(); ++i) {
    const std::optional<IpAddress> ip =
        i < box.ips.size() ? std::optional(box.ips[i]) : std::nullopt;
    HostObject& host = build_host(lua, box.host_names[i], *place, box, ip);
    host.set_home(nat, *wan);
    if (firewall != nullptr) host.set_firewall(*firewall);
    if (clat != nullptr) host.set_clat(*clat);
    if (b4 != nullptr) host.set_b4(*b4);
    push(lua, host);
  }
  return box.host_count;
}

int make_nat(lua_State* lua) {
  const Value name_value(lua, 2, "net:nat");
  const Value table(lua, 3, "net:nat");
  const std::string name = name_value.text();
  Box box;
  read_options(table, carrier_keys, box);
  require(table, box.nat_given, "nat");
  require(table, box.wan.has_value(), "wan");
  check_translation(table, box);
  if (!box.nat) table.complain("a NAT cannot be \"none\"; net:router makes a router");
  Run& run = Run::of(lua);
  run.net().names().take(name_value, name);
  push(lua, build_nat(lua, name, box, blocks_of(table, box, run.net().plan().next_carrier()),
                      "net:nat"));
  return 1;
}

}  // namespace natsim::script
