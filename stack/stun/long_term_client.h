// The client's side of the long-term credential mechanism (RFC 8489 §9.2.3 and §9.2.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/stun/integrity.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {

// One user at one server: what the server has challenged with, and the key that follows from it.
//
// Contract:
// 1. Requests are protected with the newest challenge. Each learned challenge starts a new
//    generation; the caller keeps the generation that a request was protected with and hands it to
//    `judge`, so that requests in flight share one nonce and one 438 is enough for all.
// 2. `retry` is given for a challenge that differs from the one the request answered, so it cannot
//    repeat without the server sending ever new nonces: 401 is retried once, and again only for
//    another realm; 438 once per new nonce.
// 3. The name and password have been through OpaqueString (RFC 8265) where that changes them.
class LongTermClient {
 public:
  enum class Verdict : std::uint8_t {
    accept,   // authentic, or one that needs not be; process it
    retry,    // send the request again in a new transaction, protected anew
    fail,     // the server does not accept the credentials, or tries to weaken them
    discard,  // as if never received: go on retransmitting (RFC 8489 §9.2.5)
  };

  LongTermClient(std::string username, std::string password);

  // 0 until a challenge has been learned: then requests go without credentials.
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] const std::string& username() const { return username_; }
  [[nodiscard]] const std::string& realm() const { return realm_; }
  [[nodiscard]] const std::string& nonce() const { return nonce_; }

  // Appends USERNAME or USERHASH, REALM, NONCE, the password algorithms when there were some, and
  // the integrity attribute; nothing in generation 0. Only FINGERPRINT may follow.
  void protect(MessageBuilder& request);

  // What to make of the response to a request protected in `generation`.
  Verdict judge(const MessageView& response, std::uint32_t generation);

 private:
  Verdict judge_challenge(const MessageView& response, ErrorNumber number,
                          std::uint32_t generation);

  std::string username_;
  std::string password_;
  std::uint32_t generation_ = 0;               // how many challenges have been learned
  std::string realm_;                          // of the newest challenge
  std::string nonce_;                          // of the newest challenge
  std::vector<PasswordAlgorithm> algorithms_;  // as offered and echoed; empty when none were
  PasswordAlgorithm algorithm_ = PasswordAlgorithm::md5;  // the first offered that is known
  bool anonymous_ = false;                                // the server wants USERHASH
  std::optional<IntegrityKey> key_;  // for username, realm, password and algorithm
};

}  // namespace natsim::stun
