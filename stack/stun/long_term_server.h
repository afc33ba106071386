// The server's side of the long-term credential mechanism (RFC 8489 §9.2.4).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/integrity.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"
#include "stack/stun/nonce_cookie.h"

namespace natsim::stun {

// The users of a realm, and the nonces that they answer.
//
// Contract:
// 1. A nonce is stateless: the time of its making and a MAC over that time and the client's
//    address, under a secret drawn from the random stream. It is good for `nonce_lifetime`, from
//    that address and port alone (RFC 8489 §9.2.4); otherwise a request that is authentic but for
//    it is told 438, never 401, so that a rebound NAT mapping costs one round trip.
// 2. `check` does the RFC's checks in the RFC's order.
// 3. An `Authenticated` is valid until its user is removed or given another password, or until the
//    next `check`, which forgets ephemeral users who have expired.
// 4. With a shared secret ephemeral credentials are good until they expire, beside the users.
// Nothing
//    is kept of one who has not shown to know the password.
class LongTermServer {
 public:
  struct Options {
    std::string realm;
    Duration nonce_lifetime = seconds(600);  // RFC 8656 §5 wants at most one hour
    // Which of RFC 8489's security features are offered. Without password algorithms keys are MD5.
    SecurityFeatures features;
    // That ephemeral credentials are made with (stack/stun/ephemeral_credentials.h).
    std::optional<std::string> shared_secret = std::nullopt;
  };

  class Authenticated {
   public:
    [[nodiscard]] const std::string& username() const { return *username_; }
    // Appends to a response the integrity attribute that the request asks for.
    void protect(MessageBuilder& response) const;

   private:
    friend class LongTermServer;
    const std::string* username_ = nullptr;  // as given to set_user
    IntegrityKey* key_ = nullptr;            // the user's, for the algorithm of the request
    bool sha256_ = false;                    // the request has MESSAGE-INTEGRITY-SHA256
  };

  LongTermServer(Options options, Random random);

  // Adds a user or changes the password. Both have been through OpaqueString (RFC 8265).
  void set_user(const std::string& username, std::string password);
  void remove_user(const std::string& username);
  // Whether what `check` has given for this user is good still.
  [[nodiscard]] bool knows(std::string_view username) const { return users_.contains(username); }

  // The authenticated user, or the error to answer (400, 401 or 438).
  std::variant<Authenticated, ErrorNumber> check(const MessageView& request, const Endpoint& client,
                                                 Time now);
  // The error response to `request`; for 401 and 438 with a new challenge for `client`. For errors
  // from `check`, which carry no integrity.
  MessageBuilder reject(const MessageView& request, ErrorNumber number, const Endpoint& client,
                        Time now);
  // The nonce for `client` made at `now`.
  std::string make_nonce(const Endpoint& client, Time now);

 private:
  struct User {
    std::string password;
    std::optional<IntegrityKey> md5;     // made when first needed
    std::optional<IntegrityKey> sha256;  // made when first needed
    Time expires = Time::never();        // of ephemeral credentials
  };
  using Users = std::map<std::string, User, std::less<>>;

  [[nodiscard]] bool nonce_valid(std::string_view nonce, const Endpoint& client, Time now);
  // The user whom USERNAME or USERHASH names; users_.end() for none.
  Users::iterator find_user(const MessageView& request);
  // The user whom an ephemeral USERNAME names, if it has not expired; who is forgotten again if
  // the request is not theirs.
  Users::iterator find_ephemeral(const MessageView& request, Time now);

  Options options_;
  IntegrityKey nonce_key_;                   // MACs nonces
  std::optional<IntegrityKey> secret_key_;   // for ephemeral passwords
  Users users_;                              // by name
  std::map<UserHash, std::string> by_hash_;  // names; filled when username anonymity is offered
};

}  // namespace natsim::stun
