#include "stack/srtp/keys.h"

namespace natsim::srtp {

namespace {

struct Row {
  Profile profile;
  std::string_view name;
  std::size_t key;
  std::size_t salt;
  std::size_t rtp_tag;
  std::size_t rtcp_tag;
};

constexpr Row rows[] = {
    Row{Profile::aes128_cm_sha1_80, "SRTP_AES128_CM_HMAC_SHA1_80", 16, 14, 10, 10},
    Row{Profile::aes128_cm_sha1_32, "SRTP_AES128_CM_HMAC_SHA1_32", 16, 14, 4, 10},
    Row{Profile::aead_aes_128_gcm, "SRTP_AEAD_AES_128_GCM", 16, 12, 16, 16},
    Row{Profile::aead_aes_256_gcm, "SRTP_AEAD_AES_256_GCM", 32, 12, 16, 16},
};

const Row& row_of(Profile profile) {
  for (const Row& row : rows) {
    if (row.profile == profile) return row;
  }
  __builtin_unreachable();
}

}  // namespace

std::string_view to_string(Profile profile) { return row_of(profile).name; }

std::optional<Profile> profile_of(std::uint16_t number) {
  for (const Row& row : rows) {
    if (static_cast<std::uint16_t>(row.profile) == number) return row.profile;
  }
  return std::nullopt;
}

std::size_t key_length(Profile profile) { return row_of(profile).key; }
std::size_t salt_length(Profile profile) { return row_of(profile).salt; }
std::size_t rtp_trailer_length(Profile profile) { return row_of(profile).rtp_tag; }
std::size_t rtcp_trailer_length(Profile profile) {
  constexpr std::size_t index = 4;
  return row_of(profile).rtcp_tag + index;
}
std::size_t exported_length(Profile profile) {
  return 2 * (key_length(profile) + salt_length(profile));
}

std::optional<MasterKeys> cut_exported(Profile profile, ByteView exported) {
  if (exported.size() != exported_length(profile)) return std::nullopt;
  ByteReader reader(exported);
  const auto next = [&reader](std::size_t length) {
    const ByteView bytes = *reader.take(length);
    return Bytes(bytes.begin(), bytes.end());
  };
  MasterKeys keys{.profile = profile};
  keys.client.key = next(key_length(profile));
  keys.server.key = next(key_length(profile));
  keys.client.salt = next(salt_length(profile));
  keys.server.salt = next(salt_length(profile));
  return keys;
}

}  // namespace natsim::srtp
