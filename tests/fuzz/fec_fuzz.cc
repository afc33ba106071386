// Forward error correction from the wire: what is read comes back as it was when it is written and
// read again, and a receiver restores nothing but RTP packets of its stream, each once.
//
// The input is a run of chunks: a byte that says what it is, a byte of length, and that many bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "stack/rtp/flexfec.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/red.h"
#include "stack/rtp/repairer.h"
#include "stack/rtp/ulpfec.h"

namespace {

using namespace natsim;
using namespace natsim::rtp;

constexpr std::uint32_t ssrc = 1;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::vector<Bytes>& restored) {
  for (const Bytes& one : restored) {
    const auto packet = Packet::parse(one);
    require(packet && packet->header.ssrc == ssrc);
  }
}

void step(std::uint8_t kind, ByteView chunk, Repairer& repairer) {
  switch (kind % 4) {
    case 0: {
      // As of the stream, which is the way into the sums.
      Bytes packet(chunk.begin(), chunk.end());
      if (packet.size() >= header_size) store_be32(&packet[8], ssrc);
      check(repairer.receive(ByteView(packet)));
      break;
    }
    case 1:
      if (auto repair = parse_ulpfec(chunk)) {
        require(parse_ulpfec(encode_ulpfec(*repair)) == repair);
        check(repairer.receive(std::move(*repair)));
      }
      break;
    case 2:
      if (auto repair = parse_flexfec(chunk)) {
        require(parse_flexfec(encode_flexfec(*repair)) == repair);
        check(repairer.receive(std::move(*repair)));
      }
      break;
    default:
      if (const auto blocks = parse_red(chunk)) {
        const Bytes again = encode_red(*blocks);
        require(again.size() == chunk.size() &&
                std::equal(again.begin(), again.end(), chunk.begin()));
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(ByteView(data, size));
  Repairer repairer(ssrc);
  while (const auto kind = input.u8()) {
    const auto length = input.u8();
    if (!length) break;
    const auto chunk = input.take(*length);
    step(*kind, chunk.value_or(input.rest()), repairer);
    if (!chunk) break;
  }
  return 0;
}
