#include "sim/script/address_plan.h"

#include <algorithm>
#include <utility>

namespace natsim::script {
namespace {

// Addresses that a block holds, as far as a scenario can count.
std::uint64_t size_of(const Prefix& block) {
  const int host_bits = (block.network.is_v4() ? 32 : 128) - block.length;
  return std::uint64_t{1} << std::min(host_bits, 62);
}

bool looks_like_host(const IpAddress& address) {
  return !address.is_v4() || (address.to_v4() % 256 != 0 && address.to_v4() % 256 != 255);
}

}  // namespace

AddressPool::AddressPool(std::vector<Prefix> blocks, bool confined)
    : blocks_(std::move(blocks)), confined_(confined) {}

std::optional<IpAddress> AddressPool::next(Family family) {
  std::size_t& block = family == Family::ipv4 ? block_v4_ : block_v6_;
  std::uint64_t& offset = family == Family::ipv4 ? offset_v4_ : offset_v6_;
  for (; block < blocks_.size(); ++block, offset = 1) {
    if (blocks_[block].network.family() != family) continue;
    for (const std::uint64_t size = size_of(blocks_[block]); offset < size; ++offset) {
      const IpAddress address = blocks_[block].network.plus(offset);
      if (looks_like_host(address) && owner(address) == nullptr) return address;
    }
  }
  return std::nullopt;
}

void AddressPool::claim(const IpAddress& address, std::string owner) {
  owners_.emplace(address, std::move(owner));
}

const std::string* AddressPool::owner(const IpAddress& address) const {
  const auto found = owners_.find(address);
  return found == owners_.end() ? nullptr : &found->second;
}

bool AddressPool::admits(const IpAddress& address) const {
  return !confined_ || std::any_of(blocks_.begin(), blocks_.end(),
                                   [&](const Prefix& block) { return block.contains(address); });
}

std::uint8_t AddressPool::on_link_length(const IpAddress& address) const {
  if (confined_) {
    for (const Prefix& block : blocks_) {
      if (block.contains(address)) return block.length;
    }
  }
  return address.is_v4() ? 32 : 128;
}

std::vector<Prefix> AddressPlan::next_home() {
  const std::uint32_t k = ++homes_;
  if (k >= 256 + 65536) return {};
  const IpAddress v4 = k < 256 ? IpAddress::v4(192, 168, static_cast<std::uint8_t>(k), 0)
                               : IpAddress::v4(std::uint32_t{10} << 24 | (k - 256) << 8);
  return {Prefix{v4, 24}, Prefix{IpAddress::v6(0xfd00'0000'0000'0000ULL | k, 0), 64}};
}

std::vector<Prefix> AddressPlan::next_carrier() {
  const std::uint32_t k = ++carriers_;
  if (k > 64) return {};
  return {Prefix{IpAddress::v4(100, static_cast<std::uint8_t>(63 + k), 0, 0), 16},
          Prefix{IpAddress::v6(0xfd64'0000'0000'0000ULL | k, 0), 64}};
}

}  // namespace natsim::script
