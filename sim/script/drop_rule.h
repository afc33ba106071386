// Losing chosen packets: which ones, and how many of them.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/net/interface.h"
#include "sim/net/packet.h"
#include "stack/base/random.h"
#include "stack/stun/message.h"

namespace natsim::script {

// What a packet carries, as far as a rule tells packets apart.
enum class Traffic : std::uint8_t {
  any,
  udp,
  icmp,
  stun,  // any STUN message, those of TURN included
  turn,  // STUN messages of TURN's own methods, and ChannelData
  data,  // UDP that is neither STUN nor ChannelData
};

// The classes of STUN messages; `response` is either kind of response.
enum class StunClass : std::uint8_t { any, request, indication, success, error, response };

// All that is set must hold. Of the packets that match, counted from 1, those from `from` to `to`
// are dropped, and of these every `every`-th, and of these each with `probability`.
struct DropRule {
  std::optional<net::Direction> direction;  // as seen from the host
  Traffic protocol = Traffic::any;
  std::optional<stun::Method> method;
  StunClass stun_class = StunClass::any;
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX;
  std::uint64_t every = 1;
  double probability = 1;
};

// A rule at work: it counts, and says what is to be dropped.
class Dropper {
 public:
  Dropper(const DropRule& rule, Random random) : rule_(rule), random_(random) {}

  bool drops(const net::Packet& packet, net::Direction direction);

  [[nodiscard]] std::uint64_t matched() const { return matched_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  DropRule rule_;
  Random random_;
  std::uint64_t matched_ = 0;
  std::uint64_t dropped_ = 0;
};

// Whether the packet is one that the rule is about.
bool matches(const DropRule& rule, const net::Packet& packet, net::Direction direction);

}  // namespace natsim::script
