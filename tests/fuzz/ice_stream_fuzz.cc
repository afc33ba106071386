// The framing of TCP candidates' connections (RFC 4571): the messages of a stream are the same
// however it is cut, and framed again they are the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stack/ice/stream_framing.h"

namespace {

using natsim::Bytes;
using natsim::ByteView;
using natsim::ice::StreamFraming;

// In pieces of `step` bytes.
std::vector<Bytes> messages_of(ByteView stream, std::size_t step, std::size_t& held) {
  StreamFraming framing;
  std::vector<Bytes> messages;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    framing.receive(stream.subspan(at, std::min(step, stream.size() - at)));
    while (auto message = framing.poll_message()) messages.push_back(std::move(*message));
  }
  held = framing.held();
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t step = std::size_t{data[0]} + 1;
  const ByteView stream(data + 1, size - 1);
  std::size_t held = 0;
  std::size_t held_in_pieces = 0;
  const auto whole = messages_of(stream, std::max<std::size_t>(stream.size(), 1), held);
  if (whole != messages_of(stream, step, held_in_pieces) || held != held_in_pieces) std::abort();
  std::size_t framed = held;
  for (const Bytes& message : whole) {
    if (message.empty()) std::abort();
    const Bytes again = natsim::ice::frame(message);
    framed += again.size();
    std::size_t rest = 0;
    if (messages_of(again, step, rest) != std::vector<Bytes>{message} || rest != 0) std::abort();
  }
  // What is left of it are frames of nothing.
  if (framed > stream.size() || (stream.size() - framed) % 2 != 0) std::abort();
  return 0;
}
