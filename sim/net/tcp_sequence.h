// Sequence numbers without their wrapping round.
#pragma once

#include <cstdint>

namespace natsim::net {

// One direction's sequence space as positions that never wrap: the SYN is at 0, the first byte of
// data at 1. A position is right as long as what it is unwrapped near to is less than 2^31 away
// (RFC 9293 §3.4).
class SequenceSpace {
 public:
  constexpr SequenceSpace() = default;
  // `initial` is the SYN's number: ISS or IRS.
  constexpr explicit SequenceSpace(std::uint32_t initial) : initial_(initial) {}

  [[nodiscard]] constexpr std::uint32_t number(std::int64_t position) const {
    return initial_ + static_cast<std::uint32_t>(position);
  }
  [[nodiscard]] constexpr std::int64_t position(std::uint32_t number, std::int64_t near) const {
    return near + static_cast<std::int32_t>(number - this->number(near));
  }

 private:
  std::uint32_t initial_ = 0;
};

}  // namespace natsim::net
