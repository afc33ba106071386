#include "stack/peer/session_description.h"

#include <cstddef>

namespace natsim::peer {
namespace {

constexpr std::string_view type_names[] = {"offer", "pranswer", "answer", "rollback"};

}  // namespace

std::string_view to_string(SdpType type) { return type_names[static_cast<std::size_t>(type)]; }

std::optional<SdpType> parse_sdp_type(std::string_view name) {
  for (const SdpType type :
       {SdpType::offer, SdpType::pranswer, SdpType::answer, SdpType::rollback}) {
    if (name == to_string(type)) return type;
  }
  return std::nullopt;
}

std::string_view to_string(SignallingState state) {
  constexpr std::string_view names[] = {"stable",
                                        "have-local-offer",
                                        "have-remote-offer",
                                        "have-local-pranswer",
                                        "have-remote-pranswer",
                                        "closed"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace natsim::peer
