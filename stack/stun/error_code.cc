#include "stack/stun/error_code.h"

namespace natsim::stun {

std::string_view reason_phrase(ErrorNumber number) {
  switch (number) {
    case ErrorNumber::try_alternate:
      return "Try Alternate";
    case ErrorNumber::bad_request:
      return "Bad Request";
    case ErrorNumber::unauthenticated:
      return "Unauthenticated";
    case ErrorNumber::forbidden:
      return "Forbidden";
    case ErrorNumber::mobility_forbidden:
      return "Mobility Forbidden";
    case ErrorNumber::unknown_attribute:
      return "Unknown Attribute";
    case ErrorNumber::allocation_mismatch:
      return "Allocation Mismatch";
    case ErrorNumber::stale_nonce:
      return "Stale Nonce";
    case ErrorNumber::address_family_not_supported:
      return "Address Family not Supported";
    case ErrorNumber::wrong_credentials:
      return "Wrong Credentials";
    case ErrorNumber::unsupported_transport_protocol:
      return "Unsupported Transport Protocol";
    case ErrorNumber::peer_address_family_mismatch:
      return "Peer Address Family Mismatch";
    case ErrorNumber::connection_already_exists:
      return "Connection Already Exists";
    case ErrorNumber::connection_timeout_or_failure:
      return "Connection Timeout or Failure";
    case ErrorNumber::allocation_quota_reached:
      return "Allocation Quota Reached";
    case ErrorNumber::role_conflict:
      return "Role Conflict";
    case ErrorNumber::server_error:
      return "Server Error";
    case ErrorNumber::insufficient_capacity:
      return "Insufficient Capacity";
  }
  return {};
}

}  // namespace natsim::stun
