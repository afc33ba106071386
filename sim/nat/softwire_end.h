// One end of softwires: what carries IPv4 over an IPv6 access (RFC 6333 §5, §6).
#pragma once

#include <cstdint>

#include <absl/container/flat_hash_map.h>

#include "sim/core/scheduler.h"
#include "sim/net/datagram_reassembly.h"
#include "sim/net/interface.h"
#include "sim/net/node.h"

namespace natsim::nat {

// What both ends have in IPv4 for themselves, from 192.0.0.0/29 (RFC 6333 §5.7).
inline constexpr IpAddress aftr_ipv4 = IpAddress::v4(192, 0, 0, 1);
inline constexpr IpAddress b4_ipv4 = IpAddress::v4(192, 0, 0, 2);

// Contract:
// 1. What is sent is encapsulated whole, with the inner packet's identity, and cut behind that if
//    it is too large for the link or for what is known of the path, whatever the inner DF says
//    (RFC 6333 §5.3). Too large to be encapsulated at all: dropped (too_big).
// 2. What is received is put together before it is unpacked. What is no IPv4 datagram is dropped
//    (malformed), and anything else that is for this end (no_socket).
class SoftwireEnd : private core::Actor {
 public:
  explicit SoftwireEnd(net::Node& node);

  // Encapsulates and cuts. Preconditions: `inner` is IPv4, both addresses IPv6.
  void send(const net::Packet& inner, const IpAddress& source, const IpAddress& destination,
            net::Interface& out);
  // What a packet for this end carries, and the other end that it comes from; null if it carries
  // nothing, or not yet.
  struct Received {
    net::PacketPtr inner;
    IpAddress from;
  };
  Received receive(net::PacketPtr outer);

 private:
  void on_timer(core::Timer& timer) override;
  void learn(const net::Packet& error);

  net::Node& node_;
  std::uint32_t next_identification_;
  absl::flat_hash_map<IpAddress, std::uint16_t> path_mtu_;  // by the other end; never walked
  net::DatagramReassembly reassembly_;
  core::Timer expiry_;  // armed for the first datagram to be given up
};

}  // namespace natsim::nat
