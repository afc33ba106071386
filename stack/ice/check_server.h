// Connectivity checks as a STUN server sees them: which of the peer's requests count, and what is
// answered (RFC 8445 §7.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/bytes.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/stun/error_code.h"
#include "stack/stun/integrity.h"
#include "stack/stun/message.h"

namespace natsim::ice {

// An authentic check.
struct PeerCheck {
  std::optional<std::uint32_t> priority;  // PRIORITY; consent requests of some peers have none
  bool use_candidate = false;
  std::optional<std::uint32_t> nomination;  // draft-thatcher-ice-renomination
  std::optional<Role> role;                 // of the peer; nullopt if it told none
  std::uint64_t tiebreaker = 0;             // of the peer
};

// What a role conflict comes to (RFC 8445 §7.3.1.1).
enum class RoleVerdict : std::uint8_t {
  agreed,       // the roles differ, or the peer told none
  peer_yields,  // answer with 487: the peer is to switch
  we_switch,
};
RoleVerdict resolve_roles(Role own, std::uint64_t own_tiebreaker, const PeerCheck& check);

class CheckServer {
 public:
  explicit CheckServer(const Credentials& local);

  // A request that is not to be acted on, and its answer if it has one.
  struct Refusal {
    IgnoreReason reason = IgnoreReason::bad_request;
    Bytes response;
  };
  // The check if it is authentic; otherwise nullopt and `refusal` is set.
  std::optional<PeerCheck> examine(const stun::MessageView& request, Refusal& refusal);

  // Whether USERNAME begins with our fragment.
  [[nodiscard]] bool is_for_us(const stun::MessageView& request) const {
    const auto username = request.username();
    return username && username->starts_with(username_prefix_);
  }

  // Answers to an authentic request.
  Bytes success(const stun::MessageView& request, const Endpoint& source);
  Bytes error(const stun::MessageView& request, stun::ErrorNumber number);

 private:
  std::string username_prefix_;  // local ufrag ":"
  stun::IntegrityKey key_;       // the local password
};

}  // namespace natsim::ice
