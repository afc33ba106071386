#include "stack/stun/long_term_client.h"

#include <algorithm>

#include "stack/stun/nonce_cookie.h"

namespace natsim::stun {

LongTermClient::LongTermClient(std::string username, std::string password)
    : username_(std::move(username)), password_(std::move(password)) {}

void LongTermClient::protect(MessageBuilder& request) {
  if (generation_ == 0) return;
  if (anonymous_) {
    request.userhash(user_hash(username_, realm_));
  } else {
    request.username(username_);
  }
  request.realm(realm_).nonce(nonce_);
  if (algorithms_.empty()) {
    request.message_integrity(*key_);
  } else {
    request.password_algorithms(algorithms_).password_algorithm(algorithm_);
    request.message_integrity_sha256(*key_);
  }
}

LongTermClient::Verdict LongTermClient::judge(const MessageView& response,
                                              std::uint32_t generation) {
  std::optional<ErrorNumber> number;
  if (response.is_error()) {
    const auto error = response.error_code();
    if (!error) return Verdict::discard;
    number = error->number;
    if (number == ErrorNumber::unauthenticated || number == ErrorNumber::stale_nonce) {
      return judge_challenge(response, *number, generation);
    }
  }
  const bool has_integrity = response.has(AttributeType::message_integrity) ||
                             response.has(AttributeType::message_integrity_sha256);
  // A request without credentials has no key to check its response with. RFC 8489 §10 allows a
  // redirection that is not authenticated, as a server may not know the users of another.
  if (generation == 0) return Verdict::accept;
  if (number == ErrorNumber::try_alternate && !has_integrity) return Verdict::accept;
  const bool authentic = algorithms_.empty() ? key_->verify(response)
                                             : key_->verify_message_integrity_sha256(response);
  return authentic ? Verdict::accept : Verdict::discard;
}

LongTermClient::Verdict LongTermClient::judge_challenge(const MessageView& response,
                                                        ErrorNumber number,
                                                        std::uint32_t generation) {
  // The challenge has been learned from another response in the meantime.
  if (generation != generation_) return Verdict::retry;

  const auto nonce = response.nonce();
  const auto realm = response.realm();
  if (!nonce) return Verdict::fail;
  const SecurityFeatures features = security_features(*nonce).value_or(SecurityFeatures{});
  const bool offers_algorithms = response.has(AttributeType::password_algorithms);
  // The bid-down protection of RFC 8489 §9.2.1: somebody has removed the attribute.
  if (features.password_algorithms && !offers_algorithms) return Verdict::fail;

  std::vector<PasswordAlgorithm> algorithms;
  PasswordAlgorithm algorithm = PasswordAlgorithm::md5;
  if (offers_algorithms) {
    algorithms = response.password_algorithms().value_or(std::vector<PasswordAlgorithm>{});
    const auto known = std::ranges::find_if(algorithms, [](PasswordAlgorithm a) {
      return a == PasswordAlgorithm::md5 || a == PasswordAlgorithm::sha256;
    });
    if (known == algorithms.end()) return Verdict::fail;
    algorithm = *known;
  }

  if (number == ErrorNumber::unauthenticated) {
    if (!realm) return Verdict::fail;
    // Neither name nor password can change, so only another realm is worth another try.
    if (generation != 0 && *realm == realm_) return Verdict::fail;
  } else if (generation == 0 || *nonce == nonce_) {
    return Verdict::fail;
  }

  const std::string new_realm(realm.value_or(realm_));
  if (!key_ || new_realm != realm_ || algorithm != algorithm_) {
    key_ = IntegrityKey::long_term(username_, new_realm, password_, algorithm);
  }
  realm_ = new_realm;
  nonce_ = *nonce;
  algorithms_ = std::move(algorithms);
  algorithm_ = algorithm;
  anonymous_ = features.username_anonymity;
  ++generation_;
  return Verdict::retry;
}

}  // namespace natsim::stun
