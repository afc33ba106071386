#include "stack/turn/stream_framing.h"

#include <cstdint>

#include "stack/stun/message.h"

namespace natsim::turn {
namespace {

constexpr std::size_t stun_header_size = 20;

enum class Head : std::uint8_t {
  incomplete,  // what has come does not tell yet
  whole,       // `size` bytes are the next message
  impossible,  // no message begins so
};

struct Measured {
  Head head;
  std::size_t size = 0;
};

Measured measure(ByteView bytes, std::uint16_t highest) {
  if (bytes.empty()) return {Head::incomplete};
  if (ChannelData::matches(bytes, highest)) {
    if (bytes.size() < ChannelData::header_size) return {Head::incomplete};
    const std::size_t length = load_be16(bytes.data() + 2);
    return {Head::whole, ChannelData::header_size + (length + 3) / 4 * 4};
  }
  if ((bytes[0] & 0xC0) != 0) return {Head::impossible};
  if (bytes.size() < 8) return {Head::incomplete};
  const std::size_t length = load_be16(bytes.data() + 2);
  if (length % 4 != 0 || load_be32(bytes.data() + 4) != stun::magic_cookie)
    return {Head::impossible};
  return {Head::whole, stun_header_size + length};
}

}  // namespace

void StreamFraming::receive(ByteView bytes) {
  if (broken_) return;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Bytes> StreamFraming::poll_message() {
  const ByteView rest = ByteView(buffer_).subspan(taken_);
  const Measured next = measure(rest, highest_channel_);
  if (next.head == Head::impossible) broken_ = true;
  if (next.head != Head::whole || rest.size() < next.size) return std::nullopt;
  taken_ += next.size;
  return Bytes(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(next.size));
}

Bytes StreamFraming::take_rest() {
  Bytes rest(buffer_.begin() + static_cast<std::ptrdiff_t>(taken_), buffer_.end());
  taken_ = buffer_.size();
  return rest;
}

}  // namespace natsim::turn
