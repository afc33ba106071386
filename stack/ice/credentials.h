// The username fragment and password that checks are authenticated with.
#pragma once

#include <compare>
#include <string>

#include "stack/base/random.h"

namespace natsim::ice {

struct Credentials {
  std::string ufrag;     // 4 to 256 ice-chars (RFC 8839 §5.4)
  std::string password;  // 22 to 256 ice-chars (RFC 8839 §5.4)

  auto operator<=>(const Credentials&) const = default;

  // 8 ice-chars (48 bits) and 24 ice-chars (144 bits): RFC 8445 §5.3 asks for 24 and 128 bits.
  static Credentials draw(Random& random);

  // Lengths and alphabet are those of RFC 8839 §5.4.
  [[nodiscard]] bool is_valid() const;
};

// True for the characters of ufrag, password and foundation: letters, digits, '+' and '/'.
constexpr bool is_ice_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

}  // namespace natsim::ice
