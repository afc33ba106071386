#include "stack/rtp/header_values.h"

#include "stack/base/wide.h"

namespace natsim::rtp {
namespace {

constexpr std::uint16_t twelve_bits = 0x0fff;

}  // namespace

std::optional<AudioLevel> AudioLevel::parse(ByteView data) {
  if (data.size() != 1) return std::nullopt;
  return AudioLevel{(data[0] & 0x80) != 0, static_cast<std::uint8_t>(data[0] & 0x7f)};
}

ExtensionData AudioLevel::encode() const {
  return {static_cast<std::uint8_t>((voice ? 0x80 : 0) | level)};
}

std::optional<VideoOrientation> VideoOrientation::parse(ByteView data) {
  if (data.size() != 1) return std::nullopt;
  return VideoOrientation{(data[0] & 8) != 0, (data[0] & 4) != 0,
                          static_cast<std::uint16_t>((data[0] & 3) * 90)};
}

ExtensionData VideoOrientation::encode() const {
  return {static_cast<std::uint8_t>((back_camera ? 8 : 0) | (mirrored ? 4 : 0) | rotation / 90)};
}

AbsSendTime AbsSendTime::of(Time at) {
  const auto fixed = (static_cast<WideUnsigned>(at.ns) << 18) / 1'000'000'000;
  return {static_cast<std::uint32_t>(fixed & 0xff'ffff)};
}

std::optional<AbsSendTime> AbsSendTime::parse(ByteView data) {
  if (data.size() != 3) return std::nullopt;
  return AbsSendTime{std::uint32_t{data[0]} << 16 | std::uint32_t{data[1]} << 8 | data[2]};
}

ExtensionData AbsSendTime::encode() const {
  return {static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value)};
}

std::optional<TransportSequence> TransportSequence::parse(ByteView data) {
  if (data.size() != 2) return std::nullopt;
  return TransportSequence{load_be16(data.data())};
}

ExtensionData TransportSequence::encode() const {
  ExtensionData data(2);
  store_be16(data.data(), number);
  return data;
}

std::optional<PlayoutDelay> PlayoutDelay::parse(ByteView data) {
  if (data.size() != 3) return std::nullopt;
  return PlayoutDelay{static_cast<std::uint16_t>(data[0] << 4 | data[1] >> 4),
                      static_cast<std::uint16_t>((data[1] & 0x0f) << 8 | data[2])};
}

ExtensionData PlayoutDelay::encode() const {
  const std::uint32_t both =
      std::uint32_t{static_cast<std::uint16_t>(least & twelve_bits)} << 12 | (most & twelve_bits);
  return {static_cast<std::uint8_t>(both >> 16), static_cast<std::uint8_t>(both >> 8),
          static_cast<std::uint8_t>(both)};
}

std::optional<AbsCaptureTime> AbsCaptureTime::parse(ByteView data) {
  if (data.size() != 8 && data.size() != 16) return std::nullopt;
  AbsCaptureTime time{load_be64(data.data()), std::nullopt};
  if (data.size() == 16) time.offset = static_cast<std::int64_t>(load_be64(data.data() + 8));
  return time;
}

ExtensionData AbsCaptureTime::encode() const {
  ExtensionData data(offset ? 16 : 8);
  store_be64(data.data(), ntp);
  if (offset) store_be64(data.data() + 8, static_cast<std::uint64_t>(*offset));
  return data;
}

}  // namespace natsim::rtp
