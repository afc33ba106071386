// How much forward error correction a sender adds, by what is lost.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "stack/base/time.h"

namespace natsim::rtp {

struct ProtectionRate {
  std::uint8_t share = 0;      // repairs to packets, of 256; 0: nothing is protected
  std::uint8_t key_share = 0;  // the same for key frames, which all others build on
  Duration span;               // of packets that are protected together, at most

  [[nodiscard]] bool on() const { return share > 0; }
};

// Contract:
// 1. The loss that counts is the highest that was reported in the last 10 s. There are twice as
// many
//    repairs, for key frames four times, but not more than one to two packets.
// 2. What is sent again within 20 ms needs no repair.
// 3. Packets of up to two round trips are protected together, of 200 ms at most.
// The times, and the half, are libwebrtc's [recalled]; it takes the share from a table that it has
// from measurements.
class ProtectionControl {
 public:
  static constexpr Duration memory = seconds(10);
  static constexpr std::uint8_t most_share = 128;

  // `fraction_lost` is that of a report block, of 256; `resends`: what is lost is also sent again.
  void report(std::uint8_t fraction_lost, Duration round_trip, bool resends, Time now);
  [[nodiscard]] const ProtectionRate& rate() const { return rate_; }

 private:
  std::deque<std::pair<Time, std::uint8_t>> losses_;  // of the last `memory`
  ProtectionRate rate_;
};

}  // namespace natsim::rtp
