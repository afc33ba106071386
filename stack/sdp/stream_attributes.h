// What SDP says of the streams of a media section: direction, extmap, ssrc, ssrc-group, msid, rid,
// simulcast. As in codec_attributes.h the values are those behind "a=name:".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace natsim::sdp {

// RFC 8866 §6.7.
enum class Direction : std::uint8_t { inactive, sendonly, recvonly, sendrecv };
std::string_view to_string(Direction direction);
// The direction that an attribute's name says.
std::optional<Direction> parse_direction(std::string_view name);
constexpr bool sends(Direction direction) {
  return direction == Direction::sendonly || direction == Direction::sendrecv;
}
constexpr bool receives(Direction direction) {
  return direction == Direction::recvonly || direction == Direction::sendrecv;
}
constexpr Direction direction_of(bool sends, bool receives) {
  if (sends) return receives ? Direction::sendrecv : Direction::sendonly;
  return receives ? Direction::recvonly : Direction::inactive;
}
// What an answerer that would like `wanted` answers to an offer (RFC 3264 §6.1).
constexpr Direction answer_to(Direction offered, Direction wanted) {
  return direction_of(sends(wanted) && receives(offered), receives(wanted) && sends(offered));
}

// "1 urn:ietf:params:rtp-hdrext:sdes:mid" or "3/sendonly uri attributes" (RFC 8285 §5).
struct HeaderExtension {
  std::uint16_t id = 1;  // 1 to 14 with one-byte headers, to 255 with two; 4096 to 4351: proposed
  std::optional<Direction> direction;
  std::string uri;
  std::string attributes;  // may be empty

  bool operator==(const HeaderExtension&) const = default;
};
// Ids that RFC 8285 has no use for, 0, 15 and 256 to 4095 among them, are refused.
std::optional<HeaderExtension> parse_header_extension(std::string_view value);
std::string to_string(const HeaderExtension& extension);

// "314159 cname:alice" (RFC 5576 §4.1).
struct SourceAttribute {
  std::uint32_t ssrc = 0;
  std::string name;
  std::optional<std::string> value;

  bool operator==(const SourceAttribute&) const = default;
};
std::optional<SourceAttribute> parse_source_attribute(std::string_view value);
std::string to_string(const SourceAttribute& attribute);

// "FID 1001 1002" (RFC 5576 §4.2).
struct SourceGroup {
  std::string semantics;
  std::vector<std::uint32_t> sources;  // at least one

  bool operator==(const SourceGroup&) const = default;
};
std::optional<SourceGroup> parse_source_group(std::string_view value);
std::string to_string(const SourceGroup& group);

// "stream track" or "- track" (RFC 8830 §2).
struct MediaStreamId {
  std::string stream;  // "-": in no stream
  std::string track;   // may be missing

  bool operator==(const MediaStreamId&) const = default;
};
std::optional<MediaStreamId> parse_media_stream_id(std::string_view value);
std::string to_string(const MediaStreamId& id);

// "hi send pt=97,98;max-width=1280" (RFC 8851 §4).
struct Restriction {
  std::string name;   // "max-width", "depend" …
  std::string value;  // may be empty

  bool operator==(const Restriction&) const = default;
};
struct RtpStreamId {
  std::string id;
  bool sent = true;                         // "send", by whoever writes it
  std::vector<std::uint8_t> payload_types;  // empty: any
  std::vector<Restriction> restrictions;

  bool operator==(const RtpStreamId&) const = default;
};
// Letters and digits (RFC 8852 §3.1), and "-" and "_" as RFC 8851 §4 has them.
bool is_rid(std::string_view text);
std::optional<RtpStreamId> parse_rtp_stream_id(std::string_view value);
std::string to_string(const RtpStreamId& id);

// "send hi,mid;~lo recv x" (RFC 8853 §5.1).
struct SimulcastAlternative {
  std::string id;       // of a rid
  bool paused = false;  // "~"

  bool operator==(const SimulcastAlternative&) const = default;
};
struct Simulcast {
  using Streams = std::vector<std::vector<SimulcastAlternative>>;  // of each the best first
  Streams send;                                                    // one of the two may be empty
  Streams recv;

  bool operator==(const Simulcast&) const = default;
};
std::optional<Simulcast> parse_simulcast(std::string_view value);
std::string to_string(const Simulcast& simulcast);

}  // namespace natsim::sdp
