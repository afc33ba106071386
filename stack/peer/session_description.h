// Descriptions as signalling carries them, and the states of the exchange (RFC 9429 §3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natsim::peer {

enum class SdpType : std::uint8_t { offer, pranswer, answer, rollback };
// "offer", "pranswer", "answer", "rollback".
std::string_view to_string(SdpType type);
std::optional<SdpType> parse_sdp_type(std::string_view name);

// What RTCSessionDescription is to the W3C API.
struct SessionDescription {
  SdpType type = SdpType::offer;
  std::string sdp;  // empty for a rollback

  bool operator==(const SessionDescription&) const = default;
};

enum class SignallingState : std::uint8_t {
  stable,
  have_local_offer,
  have_remote_offer,
  have_local_pranswer,
  have_remote_pranswer,
  closed,
};
// "stable", "have-local-offer", …
std::string_view to_string(SignallingState state);

}  // namespace natsim::peer
