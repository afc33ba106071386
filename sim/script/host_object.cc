#include "sim/script/host_object.h"

#include <fmt/format.h>

#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member HostObject::methods[] = {
    {"set", call_member<HostObject, &HostObject::set>},
    {"sleep", call_member<HostObject, &HostObject::sleep>},
    {"wake", call_member<HostObject, &HostObject::wake>},
    {"stun_server", call_member<HostObject, &HostObject::stun_server>},
    {"turn_server", call_member<HostObject, &HostObject::turn_server>},
    {"echo", call_member<HostObject, &HostObject::echo>},
    {"udp", call_member<HostObject, &HostObject::udp>},
    {"peer_connection", call_member<HostObject, &HostObject::peer_connection>},
    {"map_port", call_member<HostObject, &HostObject::map_port>},
    {"raw", call_member<HostObject, &HostObject::raw>},
    {"spawn", call_member<HostObject, &HostObject::spawn>},
    {"attach", call_member<HostObject, &HostObject::attach>},
    {"udp_source", call_member<HostObject, &HostObject::udp_source>},
    {"signalling_server", call_member<HostObject, &HostObject::signalling_server>},
    {"signalling_client", call_member<HostObject, &HostObject::signalling_client>},
    {"tcp_listen", call_member<HostObject, &HostObject::tcp_listen>},
    {"tcp_connect", call_member<HostObject, &HostObject::tcp_connect>},
    {"tcp_echo", call_member<HostObject, &HostObject::tcp_echo>},
    {"tcp_discard", call_member<HostObject, &HostObject::tcp_discard>},
    {"tcp_source", call_member<HostObject, &HostObject::tcp_source>},
    {"turn_tcp_relay", call_member<HostObject, &HostObject::turn_tcp_relay>},
    {"tcp_silent", call_member<HostObject, &HostObject::tcp_silent>},
    {"stun_request", call_member<HostObject, &HostObject::stun_request>},
    {"ping", call_member<HostObject, &HostObject::ping>},
    {"probe", call_member<HostObject, &HostObject::probe>},
    {"dns_server", call_member<HostObject, &HostObject::dns_server>},
    {"resolve", call_member<HostObject, &HostObject::resolve>},
    {"discover_nat64", call_member<HostObject, &HostObject::discover_nat64>},
};
constinit const Member HostObject::fields[] = {
    {"name", call_member<HostObject, &HostObject::name>},
    {"ip", call_member<HostObject, &HostObject::ip>},
    {"ips", call_member<HostObject, &HostObject::ips>},
    {"nat", call_member<HostObject, &HostObject::nat>},
    {"firewall", call_member<HostObject, &HostObject::firewall>},
    {"clat", call_member<HostObject, &HostObject::clat>},
    {"b4", call_member<HostObject, &HostObject::b4>},
    {"link", call_member<HostObject, &HostObject::link>},
    {"links", call_member<HostObject, &HostObject::links>},
    {"asleep", call_member<HostObject, &HostObject::asleep>},
    {"interfaces", call_member<HostObject, &HostObject::interfaces>},
    {"wan", call_member<HostObject, &HostObject::wan>},
};
const Class HostObject::lua_class = {"host", "a host", methods, fields};

std::string HostObject::shown() const { return fmt::format("host '{}'", host_.label()); }

std::vector<IpAddress> HostObject::addresses() const {
  std::vector<IpAddress> all;
  for (const auto& interface : host_.interfaces()) {
    all.insert(all.end(), interface->addresses().begin(), interface->addresses().end());
  }
  return all;
}

IpAddress HostObject::address() const { return addresses().front(); }

void HostObject::require_address(lua_State* lua, std::string_view function) const {
  if (addresses().empty()) raise(lua, "{}: {} has no link and no address yet", function, shown());
}

int HostObject::name(lua_State* lua) {
  push_string(lua, host_.label());
  return 1;
}

int HostObject::ip(lua_State* lua) {
  require_address(lua, "host.ip");
  push_string(lua, to_string(address()));
  return 1;
}

int HostObject::ips(lua_State* lua) {
  push_list(lua, addresses(),
            [lua](const IpAddress& address) { push_string(lua, to_string(address)); });
  return 1;
}

int HostObject::nat(lua_State* lua) {
  if (nat_ == nullptr) return 0;
  push(lua, *nat_);
  return 1;
}

int HostObject::firewall(lua_State* lua) {
  if (firewall_ == nullptr) return 0;
  push(lua, *firewall_);
  return 1;
}

int HostObject::clat(lua_State* lua) {
  if (clat_ == nullptr) return 0;
  push(lua, *clat_);
  return 1;
}

int HostObject::b4(lua_State* lua) {
  if (b4_ == nullptr) return 0;
  push(lua, *b4_);
  return 1;
}

int HostObject::link(lua_State* lua) {
  if (links_.empty()) return 0;
  push(lua, *links_.front());
  return 1;
}

int HostObject::links(lua_State* lua) {
  push_list(lua, links_, [lua](LinkObject* const link) { push(lua, *link); });
  return 1;
}

int HostObject::wan(lua_State* lua) {
  if (wan_ == nullptr) return 0;
  push(lua, *wan_);
  return 1;
}

}  // namespace natsim::script
