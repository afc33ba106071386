// When packets of a transport arrived (draft-holmer-rmcat-transport-wide-cc-extensions-01).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

// As with the packets of report.h. It tells of the packets that were sent with the transport-wide
// sequence numbers from `base_sequence` on, which wrap.
struct TransportFeedback {
  // In units of 250 µs, since the one before that was received, or since the reference time; may be
  // negative. nullopt: not received.
  using Arrival = std::optional<std::int16_t>;

  std::uint32_t sender = 0;
  std::uint32_t media = 0;
  std::uint16_t base_sequence = 0;
  std::int32_t reference_time = 0;  // in units of 64 ms; 24 bits, which wrap
  std::uint8_t feedback_count = 0;  // of these packets, which wraps
  std::vector<Arrival> arrivals;    // 1 to 65535
  bool operator==(const TransportFeedback&) const = default;

  // nullopt also for the reserved symbol.
  static std::optional<TransportFeedback> parse(std::uint8_t format, ByteView body);
  void write(ByteWriter& out) const;
};

}  // namespace natsim::rtp
