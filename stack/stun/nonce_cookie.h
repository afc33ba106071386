// The "nonce cookie" that announces a server's security features (RFC 8489 §9.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natsim::stun {

// The STUN Security Features of RFC 8489 §18.1: bits 0 and 1 of 24, counted from the most
// significant.
struct SecurityFeatures {
  bool password_algorithms = false;
  bool username_anonymity = false;
  auto operator<=>(const SecurityFeatures&) const = default;
};

// Length of the cookie: "obMatJos2" and four characters of base64.
inline constexpr std::size_t nonce_cookie_size = 13;

std::string nonce_cookie(SecurityFeatures features);
// The features that a nonce begins with; nullopt when it has no cookie. Unknown bits are ignored.
std::optional<SecurityFeatures> security_features(std::string_view nonce);

}  // namespace natsim::stun
