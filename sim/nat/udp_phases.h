// Which timer a UDP packet restarts.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/nat/options.h"
#include "sim/nat/timer_class.h"
#include "stack/base/time.h"

namespace natsim::nat {

// Contract: what came before a packet decides, not the packet itself, so that the first reply still
// restarts the timer of what has none, as in Linux. A remote port with a timeout of its own has it
// in every phase.
class UdpPhases {
 public:
  explicit UdpPhases(const NatOptions& options);

  // Of a mapping or session that begins with a packet to `remote_port`.
  [[nodiscard]] TimerClass first(std::uint16_t remote_port) const {
    return ports_.empty() ? TimerClass::udp_new : of_port(remote_port, TimerClass::udp_new);
  }
  // After a packet between it and `remote_port`. `opened()` is when it began; that is asked for
  // only where it matters.
  template <typename Opened>
  [[nodiscard]] TimerClass next(TimerClass current, bool replied, std::uint16_t remote_port,
                                Time now, Opened&& opened) const {
    TimerClass next = TimerClass::udp_new;
    if (current == TimerClass::udp_stream || (replied && now > opened() + stream_after_)) {
      next = TimerClass::udp_stream;
    } else if (replied) {
      next = TimerClass::udp_replied;
    }
    return ports_.empty() ? next : of_port(remote_port, next);
  }

 private:
  [[nodiscard]] TimerClass of_port(std::uint16_t port, TimerClass otherwise) const;

  Duration stream_after_;
  std::vector<std::uint16_t> ports_;  // in the order of their timers
};

}  // namespace natsim::nat
