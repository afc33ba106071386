#include "stack/rtp/retransmission.h"

namespace natsim::rtp {

Bytes encode_rtx(const Packet& original, const RtxStream& stream, std::uint16_t sequence_number) {
  Header header = original.header;
  header.ssrc = stream.ssrc;
  header.payload_type = stream.payload_type;
  header.sequence_number = sequence_number;
  Bytes payload;
  payload.reserve(2 + original.payload.size());
  ByteWriter out(payload);
  out.u16(original.header.sequence_number);
  out.bytes(original.payload);
  return encode(header, payload);
}

std::optional<Restored> restore_rtx(const Packet& retransmission, const RtxStream& original) {
  if (retransmission.payload.size() < 2) return std::nullopt;
  Restored restored{retransmission.header, retransmission.payload.subspan(2)};
  restored.header.ssrc = original.ssrc;
  restored.header.payload_type = original.payload_type;
  restored.header.sequence_number = load_be16(retransmission.payload.data());
  return restored;
}

}  // namespace natsim::rtp
