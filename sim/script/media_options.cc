#include "sim/script/media_options.h"

#include <array>
#include <optional>

#include "sim/script/options.h"

namespace natsim::script {
namespace {

using agents::CallMedia;
using peer::SecurityOptions;
using sdp::Direction;

constexpr std::array<Choice<Direction>, 4> directions = {{{"sendrecv", Direction::sendrecv},
                                                          {"sendonly", Direction::sendonly},
                                                          {"recvonly", Direction::recvonly},
                                                          {"inactive", Direction::inactive}}};
constexpr std::array<Choice<dtls::KeyType>, 2> key_types = {
    {{"ecdsa-p256", dtls::KeyType::ecdsa_p256}, {"rsa-2048", dtls::KeyType::rsa_2048}}};
// By the names that RFC 5764 and RFC 7714 register.
constexpr std::array<Choice<srtp::Profile>, 4> profiles = {
    {{"SRTP_AES128_CM_HMAC_SHA1_80", srtp::Profile::aes128_cm_sha1_80},
     {"SRTP_AES128_CM_HMAC_SHA1_32", srtp::Profile::aes128_cm_sha1_32},
     {"SRTP_AEAD_AES_128_GCM", srtp::Profile::aead_aes_128_gcm},
     {"SRTP_AEAD_AES_256_GCM", srtp::Profile::aead_aes_256_gcm}}};

// true, false or a direction.
std::optional<Direction> read_direction(const Value& value) {
  if (!lua_isboolean(value.lua(), value.index())) return value.one_of(directions);
  return value.boolean() ? std::optional(Direction::sendrecv) : std::nullopt;
}

std::size_t read_datagram_size(const Value& value) {
  return value.number<std::size_t>(256, 65'000);
}

constexpr std::array<Key<SecurityOptions>, 6> dtls_keys = {{
    {"profiles",
     [](const Value& value, SecurityOptions& dtls) {
       dtls.profiles.clear();
       for (int i = 1; i <= value.length(); ++i) {
         const StackMark mark(value.lua());
         dtls.profiles.push_back(value.element(i).one_of(profiles));
       }
       if (dtls.profiles.empty()) value.refuse("at least one SRTP profile");
     }},
    {"timeout", [](const Value& value,
                   SecurityOptions& dtls) { dtls.timer.initial = value.positive_duration(); }},
    {"longest_timeout",
     [](const Value& value, SecurityOptions& dtls) {
       dtls.timer.longest = value.positive_duration();
     }},
    {"mtu",
     [](const Value& value, SecurityOptions& dtls) { dtls.mtu = read_datagram_size(value); }},
    {"fallback_mtu", [](const Value& value,
                        SecurityOptions& dtls) { dtls.fallback_mtu = read_datagram_size(value); }},
    {"hello_verify",
     [](const Value& value, SecurityOptions& dtls) { dtls.hello_verify = value.boolean(); }},
}};

constexpr std::array<Key<CallMedia>, 4> media_keys = {{
    {"audio", [](const Value& value, CallMedia& media) { media.audio = read_direction(value); }},
    {"video", [](const Value& value, CallMedia& media) { media.video = read_direction(value); }},
    {"dtls",
     [](const Value& value, CallMedia& media) { read_options(value, dtls_keys, media.security); }},
    {"certificate",
     [](const Value& value, CallMedia& media) { media.certificate = value.one_of(key_types); }},
}};

}  // namespace

agents::CallMedia read_call_media(const Value& value) {
  CallMedia media;
  if (lua_isboolean(value.lua(), value.index()) && value.boolean()) {
    media.audio = media.video = Direction::sendrecv;
    return media;
  }
  read_options(value, media_keys, media);
  if (!media.audio && !media.video) value.complain("media needs 'audio' or 'video'");
  return media;
}

}  // namespace natsim::script
