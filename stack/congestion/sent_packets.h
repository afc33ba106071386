// What was sent, until the receiver has told when it came.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "stack/base/time.h"
#include "stack/rtp/sequence.h"
#include "stack/rtp/transport_feedback.h"

namespace natsim::congestion {

// What a feedback says of one packet for the first time.
struct PacketResult {
  Time sent;
  std::uint32_t size = 0;   // bytes
  std::uint32_t probe = 0;  // the cluster that it belongs to; 0: none
  // By the receiver's clock, whose beginning is not known. nullopt: not received.
  std::optional<Duration> arrival;
  bool was_lost = false;   // an earlier feedback had not seen it: it came late
  bool after_gap = false;  // of the packet before it no feedback has told
};

// Contract:
// 1. Each number that is added follows those before it, and wraps; another is ignored.
// 2. A packet is forgotten when it was received, or 10 s after it was sent.
class SentPackets {
 public:
  void add(std::uint16_t number, std::uint32_t size, std::uint32_t probe, Time now);

  // In the order in which they were sent. What was said before, or of packets that are not known,
  // is left out.
  std::vector<PacketResult> apply(const rtp::TransportFeedback& feedback);

 private:
  enum class Fate : std::uint8_t { unknown, lost, received };
  struct Packet {
    std::int64_t number;  // extended
    Time sent;
    std::uint32_t size;
    std::uint32_t probe;
    Fate fate = Fate::unknown;
  };

  Packet* find(std::int64_t number);

  std::deque<Packet> packets_;  // by number
  rtp::Unwrapper<std::uint16_t> numbers_;
  std::optional<std::int64_t> reference_;  // the last feedback's, extended, in units of 64 ms
};

}  // namespace natsim::congestion
