#include "stack/ice/stream_framing.h"

#include <algorithm>
#include <cstdint>

namespace natsim::ice {
namespace {

constexpr std::size_t length_size = 2;

}  // namespace

Bytes frame(ByteView message) {
  Bytes framed(length_size + message.size());
  store_be16(framed.data(), static_cast<std::uint16_t>(message.size()));
  std::copy(message.begin(), message.end(), framed.begin() + length_size);
  return framed;
}

void StreamFraming::receive(ByteView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Bytes> StreamFraming::poll_message() {
  while (held() >= length_size) {
    const ByteView rest = ByteView(buffer_).subspan(taken_);
    const std::size_t length = load_be16(rest.data());
    if (rest.size() < length_size + length) break;
    taken_ += length_size + length;
    const ByteView message = rest.subspan(length_size, length);
    if (!message.empty()) return Bytes(message.begin(), message.end());
  }
  return std::nullopt;
}

}  // namespace natsim::ice
