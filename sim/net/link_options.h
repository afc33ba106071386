// How one direction of a link treats packets.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "sim/net/gilbert_elliott.h"
#include "sim/net/queue_discipline.h"
#include "sim/net/rare.h"
#include "sim/net/rate_plan.h"
#include "stack/base/time.h"

namespace natsim::net {

enum class JitterShape : std::uint8_t {
  uniform,  // evenly from one_way_delay ± jitter
  normal,   // mean one_way_delay, deviation jitter; see jitter.h
  pareto,   // the same moments, with a long tail towards late; see jitter.h
};

// What few links have. All probabilities are from 0 to 1; each has a random stream of its own.
struct LinkFaults {
  GilbertElliottOptions burst_loss;
  JitterShape jitter_shape = JitterShape::uniform;
  // If there are any, each packet's delay is one_way_delay and one of these, drawn evenly, in place
  // of the shape; not negative.
  std::vector<Duration> jitter_samples;
  double duplicate = 0;   // a copy arrives right behind the packet
  double corrupt = 0;     // a bit behind the IP header is flipped
  double reordered = 0;   // the packet is late by reordered_by, and others may overtake it
  Duration reordered_by;  // not negative
  QueueOptions queue;     // for a link with a rate, a schedule or a trace
  // In place of the rate, unless monostate.
  std::variant<std::monostate, RateSchedule, DeliveryTrace> plan;
};

struct LinkOptions {
  // Bits per second of IP datagrams; 0 is unlimited: no serialisation time and no queue.
  std::uint64_t rate = 0;
  // Propagation from the end of serialisation to arrival; not negative.
  Duration one_way_delay;
  // Each packet's delay is drawn around one_way_delay, but is never negative.
  Duration jitter;
  // Whether a packet with a short delay may overtake one with a long delay; otherwise it arrives
  // right behind it.
  bool reorder = false;
  // The probability that a packet is lost, each on its own; 0 to 1.
  double loss = 0;
  // What may wait or be in serialisation at once; a packet beyond either limit is dropped. Without
  // a rate there is no queue.
  std::uint32_t queue_packets = 1000;
  std::uint64_t queue_bytes = 0;  // 0: only queue_packets limits
  // The largest IP datagram in bytes; at least 576.
  std::uint16_t mtu = 1500;
  // Routers drop what is too large for the link and tell nobody: a path-MTU black hole (RFC 2923
  // §2.1).
  bool mtu_black_hole = false;
  Rare<LinkFaults> faults;

  // Whether serialisation takes time.
  [[nodiscard]] bool limited() const { return rate != 0 || (faults && faults->plan.index() != 0); }
};

}  // namespace natsim::net
