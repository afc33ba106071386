// When video leaves: at a rate, and faster while the path is probed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "stack/base/time.h"
#include "stack/congestion/probe_controller.h"
#include "stack/peer/rtp_sender.h"

namespace natsim::peer {

// Contract:
// 1. Packets leave in their order, each as soon as those before it have had their time at the rate.
// 2. A probe's packets leave at the probe's rate, media first, then padding; it begins with the
//    first packet of media and ends with its own end. Probes wait for each other.
// 3. `sent` says what the packet that was polled last came to on the wire.
class Pacer {
 public:
  struct Release {
    std::optional<OutgoingRtp> packet;  // nullopt: padding is wanted
    std::uint32_t probe = 0;            // the cluster's id; 0: none
  };

  // Bits per second, not 0.
  void set_rate(std::uint64_t bitrate) { rate_ = bitrate; }
  void push(OutgoingRtp packet);
  void probe(const congestion::Probe& probe) { probes_.push_back(probe); }

  [[nodiscard]] Time next_timeout() const;
  std::optional<Release> poll(Time now);
  void sent(std::size_t bytes, Time now);
  // There is no padding to be had: the probe ends without it.
  void end_probe();

 private:
  std::uint64_t rate_ = 1'000'000;
  std::deque<OutgoingRtp> queue_;
  std::deque<congestion::Probe> probes_;  // the first one is being sent, with what is left of it
  bool begun_ = false;                    // there has been media
  Time free_;                             // when the next packet may leave
};

}  // namespace natsim::peer
