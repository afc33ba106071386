// What a namespace that stands for a simulated host is like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/live/descriptor.h"
#include "stack/base/address.h"
#include "stack/base/result.h"

namespace natsim::live {

struct HostSetup {
  // An address of the host and the prefix that it says is on its link.
  struct Address {
    IpAddress ip;
    std::uint8_t prefix_length = 0;
  };

  std::string name;  // for people
  std::vector<Address> addresses;
  std::uint16_t mtu = 1500;  // bytes, of the host's link
  std::vector<IpAddress> name_servers;
  bool announced = false;  // people are told how to enter it
};

// Gives the calling process a network and a view of files of its own, as the host's: one interface,
// "eth0", that is a TUN device and has all the routes, and a resolv.conf. The result reads and
// writes whole datagrams. `scratch` is a folder for the host's own files, which is made; temporary
// files go there. Precondition: the process may do so (capabilities in its
// user namespace); it has one thread.
Result<Descriptor> become_host(const HostSetup& setup, const std::string& scratch);

// How many datagrams the kernel has dropped since nobody read them in time, and has refused to take
// since they were broken; by the caller's own network.
struct InterfaceDrops {
  std::uint64_t unread = 0;
  std::uint64_t refused = 0;
};
InterfaceDrops count_drops();

}  // namespace natsim::live
