#include "stack/stun/nonce_cookie.h"

namespace natsim::stun {
namespace {

constexpr std::string_view prefix = "obMatJos2";
constexpr std::string_view base64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint32_t password_algorithms_bit = 0x80'0000;
constexpr std::uint32_t username_anonymity_bit = 0x40'0000;

}  // namespace

std::string nonce_cookie(SecurityFeatures features) {
  const std::uint32_t bits = (features.password_algorithms ? password_algorithms_bit : 0) |
                             (features.username_anonymity ? username_anonymity_bit : 0);
  std::string cookie(prefix);
  for (int shift = 18; shift >= 0; shift -= 6) cookie += base64[bits >> shift & 0x3f];
  return cookie;
}

std::optional<SecurityFeatures> security_features(std::string_view nonce) {
  if (nonce.size() < nonce_cookie_size || !nonce.starts_with(prefix)) return std::nullopt;
  std::uint32_t bits = 0;
  for (const char digit : nonce.substr(prefix.size(), nonce_cookie_size - prefix.size())) {
    const std::size_t value = base64.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
  }
  return SecurityFeatures{.password_algorithms = (bits & password_algorithms_bit) != 0,
                          .username_anonymity = (bits & username_anonymity_bit) != 0};
}

}  // namespace natsim::stun
