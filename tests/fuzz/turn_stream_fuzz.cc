// Any bytes as the stream of a TURN connection: however they are cut, the same messages come out of
// them, none of which begins like anything but STUN or ChannelData.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "stack/stun/message.h"
#include "stack/turn/channel_data.h"
#include "stack/turn/stream_framing.h"

namespace {

using natsim::Bytes;
using natsim::ByteView;
using natsim::turn::StreamFraming;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Cut {
  std::vector<Bytes> messages;
  bool broken = false;
};

// In segments of the sizes that `sizes` repeats.
Cut cut(ByteView stream, ByteView sizes) {
  StreamFraming framing;
  Cut result;
  std::size_t turn = 0;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t wanted = sizes.empty() ? stream.size() : 1 + sizes[turn++ % sizes.size()];
    const std::size_t size = std::min(wanted, stream.size() - at);
    framing.receive(stream.subspan(at, size));
    while (auto message = framing.poll_message()) result.messages.push_back(std::move(*message));
    at += size;
  }
  result.broken = framing.broken();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const std::size_t sizes = input.empty() ? 0 : std::min<std::size_t>(input[0] % 8, size - 1);
  const ByteView stream = input.subspan(input.empty() ? 0 : 1 + sizes);
  const Cut whole = cut(stream, {});
  const Cut pieces = cut(stream, input.subspan(input.empty() ? 0 : 1, sizes));
  require(whole.messages == pieces.messages, "the cutting makes a difference");
  require(whole.broken == pieces.broken, "the cutting breaks the stream");
  for (const Bytes& message : whole.messages) {
    const bool is_channel_data = natsim::turn::ChannelData::matches(message);
    require(is_channel_data ? natsim::turn::ChannelData::parse(message).has_value()
                            : natsim::stun::looks_like_stun(message),
            "a message of neither kind");
  }
  return 0;
}
