// Feedback on media (RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::rtp {

// As with the packets of report.h. `sender` is who gives the feedback, `media` the source that it
// is about; both are SSRCs.

// These packets are missing (RFC 4585 §6.2.1).
struct Nack {
  std::uint32_t sender = 0;
  std::uint32_t media = 0;
  // In the order of their sequence, which may wrap. The wire has them in groups of up to 17.
  std::vector<std::uint16_t> lost;
  bool operator==(const Nack&) const = default;

  static std::optional<Nack> parse(std::uint8_t format, ByteView body);
  void write(ByteWriter& out) const;
};

// A picture cannot be decoded (RFC 4585 §6.3.1).
struct PictureLoss {
  std::uint32_t sender = 0;
  std::uint32_t media = 0;
  bool operator==(const PictureLoss&) const = default;

  static std::optional<PictureLoss> parse(std::uint8_t format, ByteView body);
  void write(ByteWriter& out) const;
};

// A key frame is wanted of each of these sources (RFC 5104 §4.3.1).
struct FullIntraRequest {
  struct Entry {
    std::uint32_t ssrc = 0;
    std::uint8_t sequence_number = 0;  // the same one repeated is the same request
    bool operator==(const Entry&) const = default;
  };
  std::uint32_t sender = 0;
  std::vector<Entry> entries;
  bool operator==(const FullIntraRequest&) const = default;

  static std::optional<FullIntraRequest> parse(std::uint8_t format, ByteView body);
  void write(ByteWriter& out) const;
};

// The receiver's estimate of how much it can be sent.
struct EstimatedBitrate {
  std::uint32_t sender = 0;
  // Bits per second. The wire has 18 bits of it and an exponent: what does not fit is cut off.
  std::uint64_t bitrate = 0;
  std::vector<std::uint32_t> ssrcs;  // that it is about; up to 255
  bool operator==(const EstimatedBitrate&) const = default;

  // nullopt also where the number has more than 64 bits.
  static std::optional<EstimatedBitrate> parse(std::uint8_t format, ByteView body);
  void write(ByteWriter& out) const;
};

}  // namespace natsim::rtp
