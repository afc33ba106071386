#include "sim/net/packet.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace natsim::net {

PacketPtr PacketPool::make(std::uint16_t size) {
  std::uint8_t size_class = 0;
  while (capacities[size_class] < size) ++size_class;
  if (free_[size_class] == nullptr) refill(size_class);
  Packet* const packet = free_[size_class];
  free_[size_class] = packet->next;
  packet->id = 0;
  packet->next = nullptr;
  packet->fate = core::DropReason::none;
  packet->more_fragments = false;
  packet->dont_fragment = true;
  packet->fragment_offset = 0;
  packet->size = size;
  return PacketPtr(packet);
}

PacketPtr PacketPool::copy(const Packet& packet) {
  PacketPtr twin = make(packet.size);
  twin->id = packet.id;
  twin->source = packet.source;
  twin->destination = packet.destination;
  twin->hop_limit = packet.hop_limit;
  twin->protocol = packet.protocol;
  twin->transport_offset = packet.transport_offset;
  twin->payload_offset = packet.payload_offset;
  twin->more_fragments = packet.more_fragments;
  twin->dont_fragment = packet.dont_fragment;
  twin->fragment_offset = packet.fragment_offset;
  // With what stands for a short fragment's missing bytes.
  std::memcpy(twin->data(), packet.data(),
              std::max<std::size_t>(packet.size, packet.transport_offset + std::size_t{8}));
  return twin;
}

void PacketPool::refill(std::size_t size_class) {
  const std::size_t stride = sizeof(Packet) + capacities[size_class];
  static_assert(alignof(Packet) <= alignof(std::max_align_t) &&
                sizeof(Packet) % alignof(Packet) == 0);
  const std::size_t count = size_class == 3 ? 1 : 64;
  slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(stride * count));
  for (std::size_t i = count; i-- > 0;) {
    auto* const packet =
        new (slabs_.back().get() + i * stride) Packet(*this, static_cast<std::uint8_t>(size_class));
    packet->next = free_[size_class];
    free_[size_class] = packet;
  }
}

void PacketRecycler::operator()(Packet* packet) const {
  PacketPool& pool = packet->pool_;
  packet->next = pool.free_[packet->size_class_];
  pool.free_[packet->size_class_] = packet;
}

}  // namespace natsim::net
