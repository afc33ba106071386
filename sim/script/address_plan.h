// Which addresses nodes get when a scenario does not say.
//
// - Nodes in the public Internet: 192.0.2.1, .2 …, then 198.51.100.1 …, 203.0.113.1 … (the
//   documentation blocks of RFC 5737), then 198.18.0.1 … (RFC 2544); 2001:db8::1 … (RFC 3849).
//   Addresses whose last byte is 0 or 255 are left out.
// - The k-th home's network: 192.168.k.0/24, from the 256th on 10.x.y.0/24 with 256 x + y = k -
// 256;
//   fd00:0:0:k::/64. Its box has the first address, its hosts the next ones.
// - The network behind the k-th net:nat (a carrier's): 100.(63 + k).0.0/16 (RFC 6598);
//   fd64:0:0:k::/64.
//
// Addresses are given in the order in which nodes are made; those that a scenario names are never
// given to another node of the same network.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/address.h"

namespace natsim::script {

// The addresses of one network.
class AddressPool {
 public:
  // Addresses are taken from the blocks in their order. In a confined pool every address lies in
  // its blocks, which are on the links of its nodes; otherwise nodes are on links of their own.
  AddressPool(std::vector<Prefix> blocks, bool confined);

  // The lowest address of a family that nobody has; nullopt if there is none.
  std::optional<IpAddress> next(Family family);
  // Preconditions: nobody has it, and the pool admits it.
  void claim(const IpAddress& address, std::string owner);
  // Who has it; null if nobody.
  [[nodiscard]] const std::string* owner(const IpAddress& address) const;
  // False for an address outside a confined pool.
  [[nodiscard]] bool admits(const IpAddress& address) const;
  // The length of the prefix that is on a node's link.
  [[nodiscard]] std::uint8_t on_link_length(const IpAddress& address) const;
  [[nodiscard]] const std::vector<Prefix>& blocks() const { return blocks_; }

 private:
  std::vector<Prefix> blocks_;
  bool confined_;
  std::map<IpAddress, std::string> owners_;
  std::size_t block_v4_ = 0;  // where the next look for a free address begins
  std::size_t block_v6_ = 0;
  std::uint64_t offset_v4_ = 1;
  std::uint64_t offset_v6_ = 1;
};

// The networks of one world.
class AddressPlan {
 public:
  AddressPool& internet() { return internet_; }
  // The blocks of the next home, or of the network behind the next net:nat; empty if there are no
  // more.
  std::vector<Prefix> next_home();
  std::vector<Prefix> next_carrier();

 private:
  AddressPool internet_{{*Prefix::parse("192.0.2.0/24"), *Prefix::parse("198.51.100.0/24"),
                         *Prefix::parse("203.0.113.0/24"), *Prefix::parse("198.18.0.0/15"),
                         *Prefix::parse("2001:db8::/32")},
                        false};
  std::uint32_t homes_ = 0;
  std::uint32_t carriers_ = 0;
};

}  // namespace natsim::script
