// What SDP says of the transport: group, mid, setup, fingerprint, ice-options. As in
// codec_attributes.h the values are those behind "a=name:".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::sdp {

// "BUNDLE 0 1" (RFC 5888 §5, RFC 9143).
struct Group {
  std::string semantics;
  std::vector<std::string> mids;  // may be empty

  bool operator==(const Group&) const = default;
};
std::optional<Group> parse_group(std::string_view value);
std::string to_string(const Group& group);

// The value of "a=mid": a token (RFC 5888 §4), of at most 16 bytes, as it has to fit into a
// one-byte header extension (RFC 9143 §15.2).
bool is_mid(std::string_view value);

// Who begins the DTLS handshake (RFC 8842 §5, RFC 4145 §4). The one that is active is the client.
enum class Setup : std::uint8_t { active, passive, actpass, holdconn };
std::optional<Setup> parse_setup(std::string_view value);
std::string_view to_string(Setup setup);
// What an answerer says to an offer: active where the offer leaves it the choice. nullopt for an
// offer that no answer suits (holdconn).
std::optional<Setup> answer_to(Setup offered);

// "sha-256 4A:AD:…" (RFC 8122 §5).
struct Fingerprint {
  std::string hash;  // in lower case, such as "sha-256"
  Bytes digest;

  bool operator==(const Fingerprint&) const = default;
};
// A hash of known name has a digest of its length.
std::optional<Fingerprint> parse_fingerprint(std::string_view value);
std::string to_string(const Fingerprint& fingerprint);

// "trickle ice2 renomination" (RFC 8839 §5.6): unknown ones are kept.
std::vector<std::string> parse_ice_options(std::string_view value);

}  // namespace natsim::sdp
