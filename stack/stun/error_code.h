// Error numbers and their usual reason phrases.
#pragma once

#include <cstdint>
#include <string_view>

namespace natsim::stun {

// Numbers of the IANA registry "STUN Error Codes". A value from the wire may be any number in
// 300..699 (RFC 8489 §14.8).
enum class ErrorNumber : std::uint16_t {
  try_alternate = 300,
  bad_request = 400,
  unauthenticated = 401,
  forbidden = 403,
  mobility_forbidden = 405,
  unknown_attribute = 420,
  allocation_mismatch = 437,
  stale_nonce = 438,
  address_family_not_supported = 440,
  wrong_credentials = 441,
  unsupported_transport_protocol = 442,
  peer_address_family_mismatch = 443,
  connection_already_exists = 446,
  connection_timeout_or_failure = 447,
  allocation_quota_reached = 486,
  role_conflict = 487,
  server_error = 500,
  insufficient_capacity = 508,
};

// The reason phrase that the defining RFC recommends; empty for a number not listed above.
std::string_view reason_phrase(ErrorNumber number);

// The contents of ERROR-CODE. When read from a message, `reason` points into it.
struct ErrorCode {
  ErrorNumber number;
  std::string_view reason;  // UTF-8, at most 127 characters; for people, not for programs
};

}  // namespace natsim::stun
