// What WebRTC's header extensions hold, by the URIs that SDP names them by (RFC 8285 §5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/rtp/packet.h"

namespace natsim::rtp {

namespace uri {
inline constexpr std::string_view mid = "urn:ietf:params:rtp-hdrext:sdes:mid";  // RFC 9143 §15
inline constexpr std::string_view rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
inline constexpr std::string_view repaired_rid =
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
inline constexpr std::string_view audio_level = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
inline constexpr std::string_view video_orientation = "urn:3gpp:video-orientation";
inline constexpr std::string_view abs_send_time =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
inline constexpr std::string_view transport_sequence =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view playout_delay =
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
inline constexpr std::string_view abs_capture_time =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
}  // namespace uri

// The values below come from and go into an element's data; nullopt where its length is another one
// than the value's. MID, RID and the repaired RID are text.

// RFC 6464 §3.
struct AudioLevel {
  bool voice = false;
  std::uint8_t level = 127;  // 0 to 127: so many dB below the loudest; 127 is silence
  bool operator==(const AudioLevel&) const = default;

  static std::optional<AudioLevel> parse(ByteView data);
  [[nodiscard]] ExtensionData encode() const;
};

// 3GPP TS 26.114 §7.4.5.
struct VideoOrientation {
  bool back_camera = false;
  bool mirrored = false;
  std::uint16_t rotation = 0;  // degrees clockwise: 0, 90, 180 or 270
  bool operator==(const VideoOrientation&) const = default;

  static std::optional<VideoOrientation> parse(ByteView data);
  [[nodiscard]] ExtensionData encode() const;
};

// When the packet left: seconds with 18 bits behind the point, of which 6 bits of seconds stand on
// the wire. It wraps every 64 s.
struct AbsSendTime {
  std::uint32_t value = 0;  // 24 bits
  bool operator==(const AbsSendTime&) const = default;

  // Precondition: `at` is not before the world's beginning. Rounded down.
  static AbsSendTime of(Time at);
  static std::optional<AbsSendTime> parse(ByteView data);
  [[nodiscard]] ExtensionData encode() const;
};

struct TransportSequence {
  std::uint16_t number = 0;
  bool operator==(const TransportSequence&) const = default;

  static std::optional<TransportSequence> parse(ByteView data);
  [[nodiscard]] ExtensionData encode() const;
};

// The least and the most that a frame may wait before it is shown.
struct PlayoutDelay {
  std::uint16_t least = 0;  // in units of 10 ms, 12 bits
  std::uint16_t most = 0;   // likewise
  bool operator==(const PlayoutDelay&) const = default;

  static std::optional<PlayoutDelay> parse(ByteView data);
  [[nodiscard]] ExtensionData encode() const;
};

// When the first sample was captured, by the capturer's clock.
struct AbsCaptureTime {
  std::uint64_t ntp = 0;
  // What to add to get the sender's clock, in 2^-32 s.
  std::optional<std::int64_t> offset;
  bool operator==(const AbsCaptureTime&) const = default;

  static std::optional<AbsCaptureTime> parse(ByteView data);
  [[nodiscard]] ExtensionData encode() const;
};

}  // namespace natsim::rtp
