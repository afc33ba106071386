#include "sim/net/host_fragmentation.h"

#include <algorithm>
#include <utility>

#include "sim/net/fragment.h"
#include "sim/net/host.h"
#include "sim/net/network.h"

namespace natsim::net {

HostFragmentation::HostFragmentation(Host& host, DatagramReassembly::Drop drop)
    : Actor(host.world().scheduler(), host.id()),
      host_(host),
      next_identification_(
          static_cast<std::uint32_t>(host.world().random(host.name() + "/fragments").next())),
      reassembly_(host.network().pool(), {}, std::move(drop)),
      expiry_(*this) {}

void HostFragmentation::allow(Packet& packet) {
  if (packet.is_v4()) {
    allow_fragmentation(packet, static_cast<std::uint16_t>(next_identification_++));
  } else {
    packet.dont_fragment = false;
  }
}

std::vector<PacketPtr> HostFragmentation::pieces(const Packet& packet, std::uint16_t mtu) {
  PacketPool& pool = host_.network().pool();
  if (packet.is_v4()) {
    return packet.size <= mtu ? std::vector<PacketPtr>() : cut(pool, packet, mtu);
  }
  const auto known = path_mtu_.find(packet.destination.address);
  if (known != path_mtu_.end()) mtu = std::min(mtu, known->second);
  if (packet.size <= mtu) return {};
  return cut_at_source(pool, packet, mtu, next_identification_++);
}

void HostFragmentation::learn(const IcmpErrorView& error) {
  // What is below IPv6's least MTU cannot be meant (RFC 8201 §4).
  const auto mtu = static_cast<std::uint16_t>(std::clamp(error.mtu, 1280U, 65535U));
  auto& known = path_mtu_.try_emplace(error.quoted_destination.address, mtu).first->second;
  known = std::min(known, mtu);
}

PacketPtr HostFragmentation::reassemble(PacketPtr fragment) {
  PacketPtr whole = reassembly_.add(std::move(fragment), host_.world().now());
  expiry_.arm(reassembly_.next_expiry());
  return whole;
}

void HostFragmentation::on_timer(core::Timer& /*timer*/) {
  reassembly_.expire(host_.world().now());
  expiry_.arm(reassembly_.next_expiry());
}

}  // namespace natsim::net
