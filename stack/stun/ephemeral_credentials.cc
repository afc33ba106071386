#include "stack/stun/ephemeral_credentials.h"

#include <charconv>
#include <cstdint>

#include <openssl/evp.h>

namespace natsim::stun {
namespace {

// The last second that the clock can name.
constexpr std::uint64_t last_second =
    static_cast<std::uint64_t>(Time::never().ns) / 1'000'000'000U - 1;

}  // namespace

EphemeralCredentials make_ephemeral_credentials(IntegrityKey& secret, std::string_view user,
                                                Time expires) {
  EphemeralCredentials made;
  made.username = std::to_string((expires.ns + 999'999'999) / 1'000'000'000);
  if (!user.empty()) made.username.append(":").append(user);
  made.password = ephemeral_password(secret, made.username);
  return made;
}

std::optional<Time> ephemeral_expiry(std::string_view username) {
  const std::string_view digits = username.substr(0, username.find(':'));
  std::uint64_t second = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), second);
  if (error != std::errc() || end != digits.end() || second > last_second) return std::nullopt;
  return Time{} + seconds(static_cast<std::int64_t>(second));
}

std::string ephemeral_password(IntegrityKey& secret, std::string_view username) {
  const HmacSha1 mac = secret.hmac_sha1(as_bytes(username));
  std::string text((mac.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), mac.data(),
                                   static_cast<int>(mac.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace natsim::stun
