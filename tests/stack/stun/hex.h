// Bytes written as hexadecimal text, for vectors that look as their RFC prints them.
#pragma once

#include <string_view>

#include "stack/base/bytes.h"

namespace natsim::stun {

// Whatever is not a hexadecimal digit is skipped.
inline Bytes hex(std::string_view text) {
  Bytes bytes;
  int digits = 0;
  unsigned value = 0;
  for (const char c : text) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) continue;
    value = value << 4 | static_cast<unsigned>(digit);
    if (++digits % 2 == 0) {
      bytes.push_back(static_cast<std::uint8_t>(value));
      value = 0;
    }
  }
  return bytes;
}

}  // namespace natsim::stun
