// Compound RTCP packets (RFC 3550 §6.1) and those of reduced size (RFC 5506).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/rtp/congestion_feedback.h"
#include "stack/rtp/feedback.h"
#include "stack/rtp/report.h"
#include "stack/rtp/transport_feedback.h"

namespace natsim::rtp {

// One of a type or format that is not known here; it goes out as it came.
struct UnknownRtcp {
  std::uint8_t packet_type = 0;  // from 192 to 223
  std::uint8_t count = 0;        // up to 31: the count or format
  Bytes body;                    // whole words
  bool operator==(const UnknownRtcp&) const = default;
};

using RtcpPacket =
    std::variant<SenderReport, ReceiverReport, SourceDescription, Goodbye, ApplicationDefined, Nack,
                 PictureLoss, FullIntraRequest, EstimatedBitrate, TransportFeedback,
                 CongestionFeedback, UnknownRtcp>;

// The packets of a datagram, in their order. nullopt unless the lengths add up to the datagram, all
// say version 2, padding is at the end alone, and each packet of a known type fits it. Never empty.
std::optional<std::vector<RtcpPacket>> parse_rtcp(ByteView datagram);

// Whether the packets make up a compound one: a report first, and a description with a CNAME.
// Without that they may be sent only where reduced size has been negotiated (RFC 5506 §4).
bool is_compound(const std::vector<RtcpPacket>& packets);

// Preconditions: the limits told at the packets' members; none is longer than 65535 words.
Bytes encode(const std::vector<RtcpPacket>& packets);

}  // namespace natsim::rtp
