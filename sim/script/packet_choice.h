// Choosing packets for a fault: which ones, and which of them in turn.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/net/packet.h"
#include "sim/net/packet_rule.h"
#include "stack/base/random.h"
#include "stack/stun/message.h"

namespace natsim::script {

// What a packet carries, as far as a choice tells packets apart.
enum class Traffic : std::uint8_t {
  any,
  udp,
  tcp,
  icmp,
  stun,  // any STUN message, those of TURN included
  turn,  // STUN messages of TURN's own methods, and ChannelData
  data,  // UDP that is neither STUN nor ChannelData
};

// The classes of STUN messages; `response` is either kind of response.
enum class StunClass : std::uint8_t { any, request, indication, success, error, response };

// Both ends included.
struct PortRange {
  std::uint16_t first;
  std::uint16_t last;
};

// All that is set must hold.
struct PacketMatch {
  std::optional<net::Direction> direction;  // as seen from the host
  Traffic protocol = Traffic::any;
  std::optional<stun::Method> method;
  StunClass stun_class = StunClass::any;
  std::uint64_t min_size = 0;  // bytes of the IP datagram
  std::uint64_t max_size = UINT64_MAX;
  std::optional<PortRange> source_ports;  // as the packet has them where it is looked at
  std::optional<PortRange> destination_ports;
};

// Of the packets that match, counted from 1, those from `from` to `to`, and of these every
// `every`-th, and of these each with `probability`.
struct Turns {
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX;
  std::uint64_t every = 1;
  double probability = 1;
};

// A choice at work: it counts.
class PacketChoice {
 public:
  PacketChoice(const PacketMatch& match, const Turns& turns, Random random)
      : match_(match), turns_(turns), random_(random) {}

  bool chooses(const net::Packet& packet, net::Direction direction);

  [[nodiscard]] std::uint64_t matched() const { return matched_; }
  [[nodiscard]] std::uint64_t chosen() const { return chosen_; }

 private:
  PacketMatch match_;
  Turns turns_;
  Random random_;
  std::uint64_t matched_ = 0;
  std::uint64_t chosen_ = 0;
};

bool matches(const PacketMatch& match, const net::Packet& packet, net::Direction direction);

}  // namespace natsim::script
