// What came of each packet, when, and marked how: feedback for congestion control (RFC 8888).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

struct CongestionFeedback {
  // In units of 1/1024 s before the report's time.
  static constexpr std::uint16_t most_offset = 0x1ffd;
  static constexpr std::uint16_t longer_ago = 0x1ffe;  // than can be told
  static constexpr std::uint16_t not_told = 0x1fff;    // or after the report's time
  struct Arrival {
    std::uint8_t ecn = 0;  // the two bits of the IP header (RFC 3168 §5)
    std::uint16_t offset = 0;
    bool operator==(const Arrival&) const = default;
  };
  struct Stream {
    std::uint32_t ssrc = 0;
    std::uint16_t begin = 0;  // the first packet's sequence number
    // Of each from there on, up to 16384 (§3.1); nullopt: it has not come.
    std::vector<std::optional<Arrival>> arrivals;
    bool operator==(const Stream&) const = default;
  };

  std::uint32_t sender = 0;  // SSRC of who gives the feedback
  std::vector<Stream> streams;
  std::uint32_t timestamp = 0;  // when it was made: the middle of its NTP time
  bool operator==(const CongestionFeedback&) const = default;

  static std::optional<CongestionFeedback> parse(std::uint8_t format, ByteView body);
  void write(ByteWriter& out) const;
};

}  // namespace natsim::rtp
