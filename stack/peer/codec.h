// The codecs that a peer knows, and which of them two peers have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/sdp/description.h"

namespace natsim::peer {

enum class MediaKind : std::uint8_t { audio, video };
// "audio", "video": as an "m=" line has it.
std::string_view to_string(MediaKind kind);
std::optional<MediaKind> parse_media_kind(std::string_view name);

// What protects a stream from loss, beside sending it again.
enum class AudioFec : std::uint8_t {
  none,
  in_band,  // each Opus packet holds the one before, coarser (RFC 6716 §4.2.5)
  red,      // each packet holds up to two before it (RFC 2198)
};
enum class VideoFec : std::uint8_t {
  none,
  ulpfec,   // within RED, in the stream itself (RFC 5109 §14); of VP8
  flexfec,  // in a stream of its own (RFC 8627)
};
struct Fec {
  AudioFec audio = AudioFec::none;
  VideoFec video = VideoFec::none;

  bool operator==(const Fec&) const = default;
};

// One payload type of a media section: rtpmap, fmtp and rtcp-fb together.
struct Codec {
  std::uint8_t payload_type = 0;      // 0 to 127
  std::string encoding;               // "opus", "VP8", "rtx" …, compared without regard to case
  std::uint32_t clock_rate = 0;       // Hz
  std::uint16_t channels = 1;         // of audio
  std::string parameters;             // of fmtp, as written; may be empty
  std::vector<std::string> feedback;  // of rtcp-fb: "nack", "nack pli", "ccm fir", "transport-cc" …

  [[nodiscard]] bool is(std::string_view name) const;
  // The value of a parameter of fmtp, its name without regard to case.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
  // Of "rtx": the payload type that it repeats (RFC 4588 §8.6).
  [[nodiscard]] std::optional<std::uint8_t> repeats() const;
  [[nodiscard]] bool wants(std::string_view kind_of_feedback) const;
  // Not what repeats or protects others: "rtx", "red", "ulpfec", "flexfec".
  [[nodiscard]] bool is_media() const;

  bool operator==(const Codec&) const = default;
};

// The one with that payload type; null if there is none.
const Codec* find_codec(const std::vector<Codec>& codecs, std::uint8_t payload_type);

// Best first, with the payload types that browsers like to give. Opus (RFC 7587) and G.711
// (RFC 3551) for audio; VP8 (RFC 7741) and H.264 (RFC 6184), each with rtx (RFC 4588), for video;
// and behind them what `fec` needs.
std::vector<Codec> codecs_of(MediaKind kind, Fec fec = {});

// The codecs of a section in its order of preference. A static payload type of RFC 3551 that has
// no rtpmap gets that of the RFC; another one without rtpmap is left out.
std::vector<Codec> read_codecs(const sdp::Media& section);
// The formats and attributes that say them, appended to the section.
void write_codecs(const std::vector<Codec>& codecs, sdp::Media& section);

// Whether both mean the same: name, clock rate and channels, and of H.264 packetization-mode and
// profile (RFC 6184 §8.2.2).
bool same_codec(const Codec& a, const Codec& b);

// Those of `offered` that are among `known` too, in the offer's order and with its payload types
// (RFC 3264 §6.1), the parameters of `known`, and the feedback that both have. "rtx" stays if what
// it repeats does, RED of speech if what it holds does; without media there is nothing to protect.
std::vector<Codec> common_codecs(const std::vector<Codec>& offered,
                                 const std::vector<Codec>& known);

}  // namespace natsim::peer
