// The short-term credential mechanism's check of a request (RFC 8489 §9.1.3).
#pragma once

#include <optional>

#include "stack/stun/integrity.h"
#include "stack/stun/message.h"

namespace natsim::stun {

// The error to answer, or nullopt when the request is authentic: 400 without USERNAME or without
// message integrity, 401 for a name that is not valid here or a wrong MAC. `username_valid` is the
// caller's judgement of `request.username()`; ICE for one knows only the name's first half. The
// response to an authentic request carries MESSAGE-INTEGRITY under the same key, in ICE an error
// response too; 400 and 401 from here carry none.
inline std::optional<ErrorNumber> check_short_term(const MessageView& request, bool username_valid,
                                                   IntegrityKey& key) {
  const bool protected_by_mac = request.has(AttributeType::message_integrity) ||
                                request.has(AttributeType::message_integrity_sha256);
  if (!request.username() || !protected_by_mac) return ErrorNumber::bad_request;
  if (!username_valid || !key.verify(request)) return ErrorNumber::unauthenticated;
  return std::nullopt;
}

}  // namespace natsim::stun
