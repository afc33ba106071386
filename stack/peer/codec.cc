#include "stack/peer/codec.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "stack/sdp/codec_attributes.h"

namespace natsim::peer {
namespace {

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint8_t> payload_type_of(std::string_view text) {
  std::uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 127) return std::nullopt;
  return value;
}

std::vector<std::string> video_feedback() {
  return {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"};
}

// What a description may use without rtpmap (RFC 3551 §6).
std::optional<Codec> static_codec(std::uint8_t payload_type) {
  if (payload_type == 0) return Codec{.encoding = "PCMU", .clock_rate = 8000};
  if (payload_type == 8) return Codec{.encoding = "PCMA", .clock_rate = 8000};
  return std::nullopt;
}

// RFC 6184 §8.1: profile_idc and profile-iop are the first two of the three bytes.
std::string_view h264_profile(const Codec& codec) {
  const auto id = codec.parameter("profile-level-id");
  return id && id->size() == 6 ? id->substr(0, 4) : "4200";  // §8.1: Baseline, without constraints
}

const Codec* find_same(const std::vector<Codec>& codecs, const Codec& wanted) {
  const auto found = std::find_if(codecs.begin(), codecs.end(),
                                  [&](const Codec& codec) { return same_codec(codec, wanted); });
  return found == codecs.end() ? nullptr : &*found;
}

bool holds_rtx_for(const std::vector<Codec>& codecs, std::uint8_t payload_type) {
  return std::any_of(codecs.begin(), codecs.end(),
                     [&](const Codec& codec) { return codec.repeats() == payload_type; });
}

// Of speech RED says what it holds, "111/111".
bool is_red_of_nothing(const Codec& codec, const std::vector<Codec>& codecs) {
  if (!codec.is("red") || codec.parameters.empty()) return false;
  const std::string_view first =
      std::string_view(codec.parameters).substr(0, codec.parameters.find('/'));
  const auto held = payload_type_of(first);
  return !held || find_codec(codecs, *held) == nullptr;
}

}  // namespace

std::string_view to_string(MediaKind kind) { return kind == MediaKind::audio ? "audio" : "video"; }

std::optional<MediaKind> parse_media_kind(std::string_view name) {
  if (name == "audio") return MediaKind::audio;
  if (name == "video") return MediaKind::video;
  return std::nullopt;
}

bool Codec::is(std::string_view name) const { return same_text(encoding, name); }

std::optional<std::string_view> Codec::parameter(std::string_view name) const {
  std::string_view rest = parameters;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && same_text(one.substr(0, equals), name)) {
      return one.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::uint8_t> Codec::repeats() const {
  const auto apt = is("rtx") ? parameter("apt") : std::nullopt;
  return apt ? payload_type_of(*apt) : std::nullopt;
}

bool Codec::wants(std::string_view kind_of_feedback) const {
  return std::find(feedback.begin(), feedback.end(), kind_of_feedback) != feedback.end();
}

bool Codec::is_media() const { return !is("rtx") && !is("red") && !is("ulpfec") && !is("flexfec"); }

const Codec* find_codec(const std::vector<Codec>& codecs, std::uint8_t payload_type) {
  const auto found = std::find_if(codecs.begin(), codecs.end(), [&](const Codec& codec) {
    return codec.payload_type == payload_type;
  });
  return found == codecs.end() ? nullptr : &*found;
}

std::vector<Codec> codecs_of(MediaKind kind, Fec fec) {
  if (kind == MediaKind::audio) {
    std::vector<Codec> codecs = {
        {111, "opus", 48'000, 2, "minptime=10;useinbandfec=1", {"transport-cc"}},
        {0, "PCMU", 8000, 1, "", {}},
        {8, "PCMA", 8000, 1, "", {}}};
    if (fec.audio == AudioFec::red) codecs.push_back({63, "red", 48'000, 2, "111/111", {}});
    return codecs;
  }
  std::vector<Codec> codecs = {
      {96, "VP8", 90'000, 1, "", video_feedback()},
      {97, "rtx", 90'000, 1, "apt=96", {}},
      {102, "H264", 90'000, 1,
       "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", video_feedback()},
      {103, "rtx", 90'000, 1, "apt=102", {}}};
  if (fec.video == VideoFec::ulpfec) {
    codecs.push_back({123, "red", 90'000, 1, "", {}});
    codecs.push_back({124, "rtx", 90'000, 1, "apt=123", {}});
    codecs.push_back({125, "ulpfec", 90'000, 1, "", {}});
  } else if (fec.video == VideoFec::flexfec) {
    codecs.push_back({49, "flexfec", 90'000, 1, "repair-window=10000000", {}});  // microseconds
  }
  return codecs;
}

std::vector<Codec> read_codecs(const sdp::Media& section) {
  std::vector<Codec> codecs;
  for (const std::string& format : section.formats) {
    const auto payload_type = payload_type_of(format);
    if (!payload_type || find_codec(codecs, *payload_type) != nullptr) continue;
    Codec codec = static_codec(*payload_type).value_or(Codec{});
    codec.payload_type = *payload_type;
    for (const sdp::Attribute& attribute : section.attributes) {
      const std::string_view value = attribute.value ? std::string_view(*attribute.value) : "";
      if (attribute.name == "rtpmap") {
        const auto map = sdp::parse_rtp_map(value);
        if (!map || map->payload_type != *payload_type) continue;
        codec.encoding = map->encoding;
        codec.clock_rate = map->clock_rate;
        codec.channels = map->channels;
      } else if (attribute.name == "fmtp") {
        const auto parameters = sdp::parse_format_parameters(value);
        if (parameters && parameters->format == format) codec.parameters = parameters->parameters;
      } else if (attribute.name == "rtcp-fb") {
        const auto feedback = sdp::parse_rtcp_feedback(value);
        if (!feedback || feedback->payload_type.value_or(*payload_type) != *payload_type) continue;
        std::string words = feedback->kind;
        if (!feedback->parameter.empty()) words += ' ' + feedback->parameter;
        if (!codec.wants(words)) codec.feedback.push_back(std::move(words));
      }
    }
    if (!codec.encoding.empty()) codecs.push_back(std::move(codec));
  }
  return codecs;
}

void write_codecs(const std::vector<Codec>& codecs, sdp::Media& section) {
  for (const Codec& codec : codecs) {
    section.formats.push_back(fmt::format("{}", codec.payload_type));
    section.attributes.push_back(
        {"rtpmap", sdp::to_string(sdp::RtpMap{codec.payload_type, codec.encoding, codec.clock_rate,
                                              codec.channels})});
    for (const std::string& feedback : codec.feedback) {
      section.attributes.push_back({"rtcp-fb", fmt::format("{} {}", codec.payload_type, feedback)});
    }
    if (!codec.parameters.empty()) {
      section.attributes.push_back(
          {"fmtp", fmt::format("{} {}", codec.payload_type, codec.parameters)});
    }
  }
}

bool same_codec(const Codec& a, const Codec& b) {
  if (!same_text(a.encoding, b.encoding) || a.clock_rate != b.clock_rate ||
      a.channels != b.channels) {
    return false;
  }
  if (!a.is("H264")) return true;
  return a.parameter("packetization-mode").value_or("0") ==
             b.parameter("packetization-mode").value_or("0") &&
         same_text(h264_profile(a), h264_profile(b));
}

std::vector<Codec> common_codecs(const std::vector<Codec>& offered,
                                 const std::vector<Codec>& known) {
  std::vector<Codec> common;
  for (const Codec& offer : offered) {
    if (offer.is("rtx")) continue;
    const Codec* own = find_same(known, offer);
    if (own == nullptr || find_same(common, offer) != nullptr) continue;
    Codec codec = offer;
    // RED's are payload types (RFC 2198 §5), which are the offer's.
    if (!offer.is("red")) codec.parameters = own->parameters;
    std::erase_if(codec.feedback, [&](const std::string& kind) { return !own->wants(kind); });
    common.push_back(std::move(codec));
    if (!holds_rtx_for(known, own->payload_type)) continue;
    const auto rtx = std::find_if(offered.begin(), offered.end(), [&](const Codec& candidate) {
      return candidate.repeats() == offer.payload_type;
    });
    if (rtx == offered.end()) continue;
    Codec repeats = *rtx;
    repeats.parameters = fmt::format("apt={}", offer.payload_type);
    repeats.feedback.clear();
    common.push_back(std::move(repeats));
  }
  std::erase_if(common, [&](const Codec& codec) { return is_red_of_nothing(codec, common); });
  if (std::none_of(common.begin(), common.end(), std::mem_fn(&Codec::is_media))) common.clear();
  return common;
}

}  // namespace natsim::peer
