// A packet: a real IP datagram with its parsed headers beside it, kept in a pool.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/event.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace natsim::net {

class PacketPool;

// IP protocol numbers (IANA) of what the simulator understands.
enum class Protocol : std::uint8_t { icmp = 1, ipv4 = 4, tcp = 6, udp = 17, icmpv6 = 58 };

// Contract:
// 1. The fields always agree with the bytes. They are set when the packet is made and changed only
//    by the functions of rewrite.h and fragment.h, which change both.
// 2. A fragment is a packet too, with the identity of the datagram that it is a piece of. Only the
//    first one, with offset 0, has a transport header and ports.
// 3. At least eight bytes lie behind transport_offset; what of them is beyond the size is zero.
struct Packet {
  core::PacketId id = 0;
  Endpoint source;       // port 0 where the protocol has none
  Endpoint destination;  // as above
  std::uint8_t hop_limit = 0;
  Protocol protocol = Protocol::udp;
  std::uint16_t transport_offset = 0;  // bytes from the start to the transport header
  std::uint16_t payload_offset = 0;    // bytes from the start to the transport's payload
  std::uint16_t size = 0;              // bytes of the whole IP datagram

  Time due;                // in flight: when it comes out of the link
  Packet* next = nullptr;  // in flight: the packet behind it on the same link
  core::DropReason fate = core::DropReason::none;  // in flight: what it dies of at the end

  // The fragmentation fields of IPv4 (RFC 791 §3.1) or of IPv6's fragment header (RFC 8200 §4.5).
  bool more_fragments = false;
  bool dont_fragment = true;          // IPv4's DF; over IPv6, that not even the source may cut it
  std::uint16_t fragment_offset = 0;  // bytes of the datagram's transport before this piece

  [[nodiscard]] std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  [[nodiscard]] const std::uint8_t* data() const {
    return reinterpret_cast<const std::uint8_t*>(this + 1);
  }
  [[nodiscard]] ByteView datagram() const { return {data(), size}; }
  [[nodiscard]] ByteView transport() const { return datagram().subspan(transport_offset); }
  [[nodiscard]] ByteView payload() const { return datagram().subspan(payload_offset); }
  [[nodiscard]] bool is_v4() const { return source.address.is_v4(); }
  [[nodiscard]] bool is_fragment() const { return more_fragments || fragment_offset != 0; }
  // It has the ICMP header of its own family: what says ICMP over IPv6, or the reverse, is an
  // unknown protocol.
  [[nodiscard]] bool is_icmp() const {
    return protocol == (is_v4() ? Protocol::icmp : Protocol::icmpv6) && fragment_offset == 0;
  }

 private:
  friend class PacketPool;
  friend struct PacketRecycler;

  explicit Packet(PacketPool& owner, std::uint8_t size_class)
      : pool_(owner), size_class_(size_class) {}

  PacketPool& pool_;  // where the memory goes back to
  std::uint8_t size_class_;
};

struct PacketRecycler {
  void operator()(Packet* packet) const;
};

// The one owner of a packet; gives it back to its pool.
using PacketPtr = std::unique_ptr<Packet, PacketRecycler>;

// Recycles packet memory in four size classes. It must outlive its packets.
class PacketPool {
 public:
  PacketPool() = default;
  PacketPool(const PacketPool&) = delete;  // packets refer to it
  PacketPool& operator=(const PacketPool&) = delete;

  // A packet without an id, with `size` bytes of datagram. These and the fields that describe them
  // are not initialised.
  PacketPtr make(std::uint16_t size);
  // A copy with the same identity.
  PacketPtr copy(const Packet& packet);

 private:
  friend struct PacketRecycler;

  static constexpr std::uint32_t capacities[] = {256, 640, 1536, 65536};

  void refill(std::size_t size_class);

  Packet* free_[4] = {};                             // lists of unused packets, by size class
  std::vector<std::unique_ptr<std::byte[]>> slabs_;  // all memory that was ever needed
};

}  // namespace natsim::net
