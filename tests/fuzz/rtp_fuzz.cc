// RTP and RTCP packets and payloads: what is read comes back as it was when it is written and read
// again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "stack/rtp/h264.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/rtcp.h"
#include "stack/rtp/vp8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim::rtp;
  const natsim::ByteView bytes(data, size);
  if (const auto packet = Packet::parse(bytes)) {
    const natsim::Bytes written = encode(packet->header, packet->payload, packet->padding);
    const auto again = Packet::parse(written);
    if (!again || again->header != packet->header || again->padding != packet->padding ||
        !std::equal(again->payload.begin(), again->payload.end(), packet->payload.begin(),
                    packet->payload.end())) {
      std::abort();
    }
    if (const auto vp8 = Vp8Payload::parse(packet->payload)) {
      natsim::Bytes payload = vp8->descriptor.encode();
      natsim::ByteWriter(payload).bytes(vp8->data);
      const auto same = Vp8Payload::parse(payload);
      if (!same || same->descriptor != vp8->descriptor) std::abort();
    }
    // In two halves, which may be parts of one unit.
    H264Assembler assembler;
    assembler.receive(packet->payload.first(packet->payload.size() / 2));
    assembler.receive(packet->payload.subspan(packet->payload.size() / 2));
  }
  if (const auto packets = parse_rtcp(bytes)) {
    if (parse_rtcp(encode(*packets)) != packets) std::abort();
    is_compound(*packets);
  }
  return 0;
}
