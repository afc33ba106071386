// Packets in a row, first in, first out.
#pragma once

#include <cstdint>
#include <utility>

#include "sim/net/packet.h"

namespace natsim::net {

// A list through Packet::next, which counts.
class PacketFifo {
 public:
  PacketFifo() = default;
  PacketFifo(PacketFifo&& other) noexcept { *this = std::move(other); }
  PacketFifo& operator=(PacketFifo&& other) noexcept {
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
    std::swap(packets_, other.packets_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~PacketFifo() {
    while (head_ != nullptr) pop();
  }

  void push(PacketPtr packet) {
    bytes_ += packet->size;
    ++packets_;
    Packet* const last = packet.release();
    (head_ == nullptr ? head_ : tail_->next) = last;
    tail_ = last;
  }
  // The first one; null if there is none.
  PacketPtr pop() {
    if (head_ == nullptr) return nullptr;
    Packet* const first = head_;
    head_ = std::exchange(first->next, nullptr);
    bytes_ -= first->size;
    --packets_;
    return PacketPtr(first);
  }
  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  [[nodiscard]] std::uint32_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  Packet* head_ = nullptr;
  Packet* tail_ = nullptr;  // meaningless if there is no head
  std::uint32_t packets_ = 0;
  std::uint64_t bytes_ = 0;  // of the datagrams
};

}  // namespace natsim::net
