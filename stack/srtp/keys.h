// The protection profiles of DTLS-SRTP and the master keys that a handshake gives for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "stack/base/bytes.h"

namespace natsim::srtp {

// By their numbers in use_srtp (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class Profile : std::uint16_t {
  aes128_cm_sha1_80 = 1,
  aes128_cm_sha1_32 = 2,
  aead_aes_128_gcm = 7,
  aead_aes_256_gcm = 8,
};
// "SRTP_AES128_CM_HMAC_SHA1_80" as the registry of IANA says it.
std::string_view to_string(Profile profile);
std::optional<Profile> profile_of(std::uint16_t number);

// In bytes. A salt has 14 with AES-CM and 12 with AES-GCM.
std::size_t key_length(Profile profile);
std::size_t salt_length(Profile profile);
// What is behind a packet: its tag and, of SRTCP, the word with the index (RFC 3711 §3.4).
std::size_t rtp_trailer_length(Profile profile);
std::size_t rtcp_trailer_length(Profile profile);
// What has to be exported for both directions.
std::size_t exported_length(Profile profile);
// The label to export by (RFC 5764 §4.2).
inline constexpr std::string_view exporter_label = "EXTRACTOR-dtls_srtp";

struct MasterKey {
  Bytes key;
  Bytes salt;

  bool operator==(const MasterKey&) const = default;
};

// What the DTLS client protects with `client` the server unprotects with it, and the other way
// round.
struct MasterKeys {
  Profile profile = Profile::aes128_cm_sha1_80;
  MasterKey client;
  MasterKey server;

  bool operator==(const MasterKeys&) const = default;
};

// Cuts exported keying material: both keys, then both salts, the client's first (RFC 5764 §4.2).
// nullopt unless it has `exported_length` bytes.
std::optional<MasterKeys> cut_exported(Profile profile, ByteView exported);

}  // namespace natsim::srtp
