#include "sim/script/media_options.h"

#include <algorithm>
#include <array>
#include <optional>

#include "sim/script/options.h"

namespace natsim::script {
namespace {

using agents::CallMedia;
using peer::SecurityOptions;
using sdp::Direction;

constexpr std::array<Choice<dtls::KeyType>, 2> key_types = {
    {{"ecdsa-p256", dtls::KeyType::ecdsa_p256}, {"rsa-2048", dtls::KeyType::rsa_2048}}};
constexpr std::array<Choice<bool>, 2> encryptions = {{{"srtp", true}, {"none", false}}};
// By the names that RFC 5764 and RFC 7714 register.
constexpr std::array<Choice<srtp::Profile>, 4> profiles = {
    {{"SRTP_AES128_CM_HMAC_SHA1_80", srtp::Profile::aes128_cm_sha1_80},
     {"SRTP_AES128_CM_HMAC_SHA1_32", srtp::Profile::aes128_cm_sha1_32},
     {"SRTP_AEAD_AES_128_GCM", srtp::Profile::aead_aes_128_gcm},
     {"SRTP_AEAD_AES_256_GCM", srtp::Profile::aead_aes_256_gcm}}};

constexpr std::array<Choice<const char*>, 3> audio_codecs = {
    {{"opus", "opus"}, {"PCMU", "PCMU"}, {"PCMA", "PCMA"}}};
constexpr std::array<Choice<const char*>, 2> video_codecs = {{{"VP8", "VP8"}, {"H264", "H264"}}};

constexpr std::array<Choice<peer::AudioFec>, 3> audio_fec = {{{"none", peer::AudioFec::none},
                                                              {"in-band", peer::AudioFec::in_band},
                                                              {"red", peer::AudioFec::red}}};
constexpr std::array<Choice<peer::VideoFec>, 3> video_fec = {
    {{"none", peer::VideoFec::none},
     {"ulpfec", peer::VideoFec::ulpfec},
     {"flexfec", peer::VideoFec::flexfec}}};

constexpr std::array<Key<CallMedia>, 5> audio_keys = {{
    {"direction",
     [](const Value& value, CallMedia& media) { media.audio = value.one_of(direction_names); }},
    {"codec",
     [](const Value& value, CallMedia& media) { media.audio_codec = value.one_of(audio_codecs); }},
    {"bitrate",
     [](const Value& value, CallMedia& media) { media.streams.audio_bitrate = value.rate(); }},
    {"fec", [](const Value& value,
               CallMedia& media) { media.streams.fec.audio = value.one_of(audio_fec); }},
    {"dtx", [](const Value& value, CallMedia& media) { media.streams.dtx = value.boolean(); }},
}};
constexpr std::array<Key<peer::SendEncoding>, 4> encoding_keys = {{
    {"rid",
     [](const Value& value, peer::SendEncoding& encoding) {
       encoding.rid = value.text();
       if (!sdp::is_rid(encoding.rid) || encoding.rid.size() > 16) {
         value.refuse("a rid: 1 to 16 letters, digits, '-' and '_'");
       }
     }},
    {"active",
     [](const Value& value, peer::SendEncoding& encoding) { encoding.active = value.boolean(); }},
    {"max_bitrate",
     [](const Value& value, peer::SendEncoding& encoding) { encoding.max_bitrate = value.rate(); }},
    {"scale_resolution_down_by",
     [](const Value& value, peer::SendEncoding& encoding) {
       encoding.scale_resolution_down_by = value.number<std::uint32_t>(1, 64);
     }},
}};

constexpr std::array<Key<CallMedia>, 9> video_keys = {{
    {"send_encodings", [](const Value& value,
                          CallMedia& media) { media.send_encodings = read_send_encodings(value); }},
    {"fec", [](const Value& value,
               CallMedia& media) { media.streams.fec.video = value.one_of(video_fec); }},
    {"congestion_control",
     [](const Value& value, CallMedia& media) {
       media.streams.congestion_control = value.boolean();
     }},
    {"direction",
     [](const Value& value, CallMedia& media) { media.video = value.one_of(direction_names); }},
    {"codec",
     [](const Value& value, CallMedia& media) { media.video_codec = value.one_of(video_codecs); }},
    {"bitrate",
     [](const Value& value, CallMedia& media) { media.streams.video_bitrate = value.rate(); }},
    {"frames_per_second",
     [](const Value& value, CallMedia& media) {
       media.streams.frames_per_second = value.integer(1, 240);
     }},
    {"width",
     [](const Value& value, CallMedia& media) {
       media.streams.resolution.width = value.number<std::uint16_t>(16, 16'382);
     }},
    {"height",
     [](const Value& value, CallMedia& media) {
       media.streams.resolution.height = value.number<std::uint16_t>(16, 16'382);
     }},
}};

// true, false, a direction, or a table of `keys`; a table means both ways unless it says otherwise.
template <std::size_t N>
void read_stream(const Value& value, const std::array<Key<CallMedia>, N>& keys,
                 std::optional<Direction>& direction, CallMedia& media) {
  direction = Direction::sendrecv;
  if (value.is_table()) {
    read_options(value, keys, media);
  } else if (!lua_isboolean(value.lua(), value.index())) {
    direction = value.one_of(direction_names);
  } else if (!value.boolean()) {
    direction.reset();
  }
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

constexpr std::array<Key<CallMedia>, 6> media_keys = {{
    {"audio", [](const Value& value,
                 CallMedia& media) { read_stream(value, audio_keys, media.audio, media); }},
    {"video", [](const Value& value,
                 CallMedia& media) { read_stream(value, video_keys, media.video, media); }},
    {"dtls",
     [](const Value& value, CallMedia& media) { read_options(value, dtls_keys, media.security); }},
    {"certificate",
     [](const Value& value, CallMedia& media) { media.certificate = value.one_of(key_types); }},
    {"own_certificates",
     [](const Value& value, CallMedia& media) { media.own_certificates = value.boolean(); }},
    {"encryption",
     [](const Value& value, CallMedia& media) {
       media.security.protect_media = value.one_of(encryptions);
     }},
}};

// What would have no effect.
void check_streams(const Value& value, const CallMedia& media) {
  const peer::Fec& fec = media.streams.fec;
  if (fec.audio != peer::AudioFec::none && media.audio_codec != "opus") {
    value.complain("speech is protected by 'fec' in Opus only");
  }
  if (fec.video == peer::VideoFec::ulpfec && media.video_codec != "VP8") {
    value.complain("ULPFEC is for VP8 only, as in browsers; 'flexfec' is for any codec");
  }
  if (!media.send_encodings.empty() && !(media.video && sdp::sends(*media.video))) {
    value.complain("'send_encodings' are of video that the caller sends");
  }
}

}  // namespace

std::vector<peer::SendEncoding> read_send_encodings(const Value& value) {
  constexpr int most = 3;
  value.require_table();
  if (value.length() < 1 || value.length() > most) value.refuse("a list of 1 to 3 encodings");
  std::vector<peer::SendEncoding> encodings;
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    const Value element = value.element(i);
    element.require_table();
    peer::SendEncoding encoding;
    read_options(element, encoding_keys, encoding);
    const bool known =
        std::any_of(encodings.begin(), encodings.end(),
                    [&](const peer::SendEncoding& other) { return other.rid == encoding.rid; });
    if (encoding.rid.empty() || known) element.complain("needs a 'rid' of its own");
    encodings.push_back(std::move(encoding));
  }
  return encodings;
}

agents::CallMedia read_call_media(const Value& value) {
  CallMedia media;
  if (lua_isboolean(value.lua(), value.index()) && value.boolean()) {
    media.audio = media.video = Direction::sendrecv;
    return media;
  }
  read_options(value, media_keys, media);
  if (!media.audio && !media.video) value.complain("media needs 'audio' or 'video'");
  check_streams(value, media);
  const StackMark mark(value.lua());
  const Value own = value.field("own_certificates");
  if (own.present() && !media.own_certificates && media.certificate == dtls::KeyType::rsa_2048) {
    own.complain("certificates of RSA are never shared");
  }
  return media;
}

}  // namespace natsim::script
