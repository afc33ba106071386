// Retransmitted packets in a stream of their own, RTX (RFC 4588 §4).
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/rtp/packet.h"

namespace natsim::rtp {

// What tells the retransmissions from the original stream.
struct RtxStream {
  std::uint32_t ssrc = 0;
  std::uint8_t payload_type = 0;  // that "apt" names the original's by
};

// The packet once more: by its payload, behind the original sequence number, as the stream's packet
// `sequence_number`. Marker, timestamp, CSRCs and extensions stay.
Bytes encode_rtx(const Packet& original, const RtxStream& stream, std::uint16_t sequence_number);

// The original packet, as one of `original`'s SSRC and payload type. nullopt for a packet without
// payload, as probes are.
struct Restored {
  Header header;
  ByteView payload;  // points into that of the retransmission
};
std::optional<Restored> restore_rtx(const Packet& retransmission, const RtxStream& original);

}  // namespace natsim::rtp
