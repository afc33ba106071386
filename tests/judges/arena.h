// Hosts behind NATs around one router, for judges that measure on simulated wires.
#pragma once

#include <cstdint>
#include <string>

#include "sim/core/world.h"
#include "sim/nat/nat_box.h"
#include "sim/net/network.h"
#include "sim/net/router.h"

namespace natsim::judges {

class Arena {
 public:
  explicit Arena(std::uint64_t seed = 1)
      : world_(seed), network_(world_), internet_(network_.add<net::Router>("internet")) {}

  static constexpr Duration inside_delay = milliseconds(1);  // one way

  core::World& world() { return world_; }

  net::Host& host(const std::string& name, const IpAddress& address) {
    auto& host = network_.add<net::Host>(name);
    host.add_interface().add_address(address, 24);
    return host;
  }
  nat::NatBox& nat(const std::string& name, const nat::NatOptions& options,
                   const IpAddress& outside) {
    auto& box = network_.add<nat::NatBox>(name, options);
    box.outside_interface().add_address(outside, 24);
    return box;
  }
  // Joins a host or NAT to the inside of a NAT, which has `gateway` there.
  void inside(nat::NatBox& box, net::Interface& inner, const IpAddress& gateway,
              const net::LinkOptions& link = {.one_way_delay = inside_delay}) {
    net::Interface& interface = box.add_inside_interface();
    interface.add_address(gateway, 24);
    join(inner, interface, link);
  }
  // Both at once; gives the interface to go on from.
  net::Interface& behind(const std::string& name, const nat::NatOptions& options,
                         net::Interface& inner, const IpAddress& gateway,
                         const IpAddress& outside) {
    nat::NatBox& box = nat(name, options, outside);
    inside(box, inner, gateway);
    return box.outside_interface();
  }
  void to_internet(net::Interface& interface, const net::LinkOptions& link) {
    join(interface, internet_.add_interface(), link);
  }
  void to_internet(net::Interface& interface, std::int64_t ms) {
    to_internet(interface, {.one_way_delay = milliseconds(ms)});
  }

 private:
  void join(net::Interface& a, net::Interface& b, const net::LinkOptions& link) {
    network_.connect(a, b, link, link);
  }

  core::World world_;
  net::Network network_;
  net::Router& internet_;
};

}  // namespace natsim::judges
