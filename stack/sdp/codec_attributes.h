// What SDP says of codecs: rtpmap, fmtp, rtcp-fb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natsim::sdp {

// All `parse` functions of attributes take what stands behind "a=name:" and give nullopt for what
// the named grammar does not allow; `to_string` gives it back.

// "111 opus/48000/2" (RFC 8866 §6.6).
struct RtpMap {
  std::uint8_t payload_type = 0;  // 0 to 127
  std::string encoding;           // compared without regard to case
  std::uint32_t clock_rate = 0;   // in Hz
  std::uint16_t channels = 1;     // of audio

  bool operator==(const RtpMap&) const = default;
};
std::optional<RtpMap> parse_rtp_map(std::string_view value);
std::string to_string(const RtpMap& map);

// "111 minptime=10;useinbandfec=1" (RFC 8866 §6.15). What the parameters are is the codec's matter.
struct FormatParameters {
  std::string format;      // a payload type, for RTP
  std::string parameters;  // as written

  // The value of `name=value`, the name without regard to case; nullopt if there is none.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

  bool operator==(const FormatParameters&) const = default;
};
std::optional<FormatParameters> parse_format_parameters(std::string_view value);
std::string to_string(const FormatParameters& parameters);

// "96 nack pli" or "* transport-cc" (RFC 4585 §4.2).
struct RtcpFeedback {
  std::optional<std::uint8_t> payload_type;  // nullopt: "*", all of the section
  std::string kind;                          // "nack", "ccm", "goog-remb" …
  std::string parameter;                     // "pli", "fir" …; may be empty

  bool operator==(const RtcpFeedback&) const = default;
};
std::optional<RtcpFeedback> parse_rtcp_feedback(std::string_view value);
std::string to_string(const RtcpFeedback& feedback);

}  // namespace natsim::sdp
