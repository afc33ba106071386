#include "stack/ice/check_server.h"

#include "stack/stun/message_builder.h"
#include "stack/stun/short_term.h"

namespace natsim::ice {

RoleVerdict resolve_roles(Role own, std::uint64_t own_tiebreaker, const PeerCheck& check) {
  if (check.role != own) return RoleVerdict::agreed;
  // Of two controlling agents the one with the larger tiebreaker stays, of two controlled ones it
  // switches; equal counts as larger.
  const bool own_is_larger = own_tiebreaker >= check.tiebreaker;
  const bool we_stay = (own == Role::controlling) == own_is_larger;
  return we_stay ? RoleVerdict::peer_yields : RoleVerdict::we_switch;
}

CheckServer::CheckServer(const Credentials& local)
    : username_prefix_(local.ufrag + ":"), key_(stun::IntegrityKey::short_term(local.password)) {}

std::optional<PeerCheck> CheckServer::examine(const stun::MessageView& request, Refusal& refusal) {
  const bool for_us = is_for_us(request);
  if (const auto number = stun::check_short_term(request, for_us, key_)) {
    refusal.reason = *number == stun::ErrorNumber::bad_request ? IgnoreReason::no_credentials
                     : for_us                                  ? IgnoreReason::bad_integrity
                                                               : IgnoreReason::wrong_ufrag;
    refusal.response = stun::MessageBuilder::error_response(request, *number).fingerprint().take();
    return std::nullopt;
  }
  if (const auto unknown = request.unknown_required(stun::Usage::stun | stun::Usage::ice);
      !unknown.empty()) {
    refusal.reason = IgnoreReason::unknown_attribute;
    refusal.response =
        stun::MessageBuilder::error_response(request, stun::ErrorNumber::unknown_attribute)
            .unknown_attributes(unknown)
            .message_integrity(key_)
            .fingerprint()
            .take();
    return std::nullopt;
  }
  PeerCheck check;
  check.priority = request.priority();
  check.use_candidate = request.use_candidate();
  check.nomination = request.nomination();
  if (const auto controlling = request.ice_controlling()) {
    check.role = Role::controlling;
    check.tiebreaker = *controlling;
  } else if (const auto controlled = request.ice_controlled()) {
    check.role = Role::controlled;
    check.tiebreaker = *controlled;
  }
  return check;
}

Bytes CheckServer::success(const stun::MessageView& request, const Endpoint& source) {
  return stun::MessageBuilder::success_response(request)
      .xor_mapped_address(source)
      .message_integrity(key_)
      .fingerprint()
      .take();
}

Bytes CheckServer::error(const stun::MessageView& request, stun::ErrorNumber number) {
  return stun::MessageBuilder::error_response(request, number)
      .message_integrity(key_)
      .fingerprint()
      .take();
}

}  // namespace natsim::ice
