// The hosts behind an AFTR's softwires, and what stands for each of them in its NAT's table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "stack/base/address.h"

namespace natsim::nat {

// Contract:
// 1. Hosts of different customers may have one address (RFC 6333 §6): inside, each has an alias
//    0.x.x.x, which no packet on the wire has. Aliases last until `clear`.
// 2. A subscriber is a softwire, however many hosts there are behind it: shares and blocks of ports
//    are the subscriber's.
// 3. There is room for 65,535 softwires, and for 254 hosts behind each.
class Softwires {
 public:
  struct Host {
    IpAddress softwire;  // the B4's address
    IpAddress address;   // behind it
  };

  // nullopt if there is no room.
  std::optional<IpAddress> alias(const Host& host);
  // nullopt if the address is nobody's alias.
  [[nodiscard]] std::optional<Host> find(const IpAddress& alias) const;
  // What stands for the subscriber whose host has the alias.
  [[nodiscard]] static IpAddress subscriber(const IpAddress& alias);
  // For people: "192.168.1.2 of fd00::5" of a host, "softwire fd00::5" of a subscriber, and any
  // other address as it is.
  [[nodiscard]] std::string text(const IpAddress& inside) const;
  [[nodiscard]] std::string text(const Endpoint& inside) const;
  void clear();

 private:
  struct Subscriber {
    IpAddress softwire;
    std::vector<IpAddress> hosts;  // in the order of their aliases
  };

  std::vector<Subscriber> subscribers_;
  absl::flat_hash_map<IpAddress, std::uint32_t> index_;  // of the softwires; never walked
};

}  // namespace natsim::nat
