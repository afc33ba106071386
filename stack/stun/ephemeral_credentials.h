// Credentials of limited life that a TURN server shares a secret for with whoever hands them out
// (draft-uberti-behave-turn-rest-00 §2.2): the server keeps no list of users.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "stack/base/time.h"
#include "stack/stun/integrity.h"

namespace natsim::stun {

struct EphemeralCredentials {
  std::string username;  // "<expiry>:<user>", the expiry in whole seconds of the server's clock
  std::string password;  // base64 of HMAC-SHA1 under the secret over the username
};

// Of `user`, who may be empty: then the username is the expiry alone. They expire at `expires`,
// rounded up to a second.
EphemeralCredentials make_ephemeral_credentials(IntegrityKey& secret, std::string_view user,
                                                Time expires);
// When credentials of this username expire; nullopt if it is none of this form.
std::optional<Time> ephemeral_expiry(std::string_view username);
// The password that goes with any username.
std::string ephemeral_password(IntegrityKey& secret, std::string_view username);

}  // namespace natsim::stun
