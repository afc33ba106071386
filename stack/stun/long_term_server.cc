#include "stack/stun/long_term_server.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "stack/stun/ephemeral_credentials.h"

namespace natsim::stun {
namespace {

// What the server offers, best first (RFC 8489 §9.2.4).
constexpr std::array<PasswordAlgorithm, 2> offered = {PasswordAlgorithm::sha256,
                                                      PasswordAlgorithm::md5};

constexpr std::size_t hex_digits = 16;  // of a nonce's time and of its MAC

IntegrityKey draw_key(Random random) {
  std::array<std::uint8_t, 32> secret;
  random.fill(secret);
  return IntegrityKey(secret);
}

bool has_integrity(const MessageView& request) {
  return request.has(AttributeType::message_integrity) ||
         request.has(AttributeType::message_integrity_sha256);
}

// The algorithm of the request, nullopt when its two attributes do not fit what was offered.
std::optional<PasswordAlgorithm> algorithm_of(const MessageView& request) {
  const bool list = request.has(AttributeType::password_algorithms);
  const bool one = request.has(AttributeType::password_algorithm);
  if (!list && !one) return PasswordAlgorithm::md5;
  const auto echoed = request.password_algorithms();
  const auto chosen = request.password_algorithm();
  if (!echoed || !chosen || !std::ranges::equal(*echoed, offered) ||
      std::ranges::find(offered, *chosen) == offered.end()) {
    return std::nullopt;
  }
  return chosen;
}

}  // namespace

LongTermServer::LongTermServer(Options options, Random random)
    : options_(std::move(options)), nonce_key_(draw_key(random)) {
  if (options_.shared_secret) secret_key_.emplace(as_bytes(*options_.shared_secret));
}

void LongTermServer::set_user(const std::string& username, std::string password) {
  users_.insert_or_assign(username, User{std::move(password), std::nullopt, std::nullopt});
  if (options_.features.username_anonymity) {
    by_hash_.insert_or_assign(user_hash(username, options_.realm), username);
  }
}

void LongTermServer::remove_user(const std::string& username) {
  users_.erase(username);
  by_hash_.erase(user_hash(username, options_.realm));
}

LongTermServer::Users::iterator LongTermServer::find_user(const MessageView& request) {
  if (const auto name = request.username()) return users_.find(*name);
  const auto hash = request.userhash();
  if (!hash) return users_.end();
  const auto named = by_hash_.find(*hash);
  return named == by_hash_.end() ? users_.end() : users_.find(named->second);
}

LongTermServer::Users::iterator LongTermServer::find_ephemeral(const MessageView& request,
                                                               Time now) {
  const auto name = request.username();
  const auto expires = secret_key_ && name ? ephemeral_expiry(*name) : std::nullopt;
  if (!expires || now >= *expires) return users_.end();
  std::erase_if(users_, [now](const auto& user) { return now >= user.second.expires; });
  User user{ephemeral_password(*secret_key_, *name), std::nullopt, std::nullopt, *expires};
  return users_.emplace(*name, std::move(user)).first;
}

std::variant<LongTermServer::Authenticated, ErrorNumber> LongTermServer::check(
    const MessageView& request, const Endpoint& client, Time now) {
  if (!has_integrity(request)) return ErrorNumber::unauthenticated;
  const auto nonce = request.nonce();
  if ((!request.username() && !request.userhash()) || !request.realm() || !nonce) {
    return ErrorNumber::bad_request;
  }
  std::optional<PasswordAlgorithm> algorithm = PasswordAlgorithm::md5;
  if (const auto features = security_features(*nonce); features && features->password_algorithms) {
    algorithm = algorithm_of(request);
    if (!algorithm) return ErrorNumber::bad_request;
  }

  auto user = find_user(request);
  if (user != users_.end() && now >= user->second.expires) return ErrorNumber::unauthenticated;
  const bool is_new = user == users_.end();
  if (is_new) user = find_ephemeral(request, now);
  if (user == users_.end()) return ErrorNumber::unauthenticated;
  auto& key = *algorithm == PasswordAlgorithm::sha256 ? user->second.sha256 : user->second.md5;
  if (!key) {
    key = IntegrityKey::long_term(user->first, options_.realm, user->second.password, *algorithm);
  }
  if (!key->verify(request)) {
    if (is_new) users_.erase(user);
    return ErrorNumber::unauthenticated;
  }
  if (!nonce_valid(*nonce, client, now)) return ErrorNumber::stale_nonce;

  Authenticated authenticated;
  authenticated.username_ = &user->first;
  authenticated.key_ = &*key;
  authenticated.sha256_ = request.has(AttributeType::message_integrity_sha256);
  return authenticated;
}

void LongTermServer::Authenticated::protect(MessageBuilder& response) const {
  if (sha256_) {
    response.message_integrity_sha256(*key_);
  } else {
    response.message_integrity(*key_);
  }
}

MessageBuilder LongTermServer::reject(const MessageView& request, ErrorNumber number,
                                      const Endpoint& client, Time now) {
  MessageBuilder response = MessageBuilder::error_response(request, number);
  if (number == ErrorNumber::unauthenticated || number == ErrorNumber::stale_nonce) {
    response.realm(options_.realm).nonce(make_nonce(client, now));
    if (options_.features.password_algorithms) response.password_algorithms(offered);
  }
  return response;
}

std::string LongTermServer::make_nonce(const Endpoint& client, Time now) {
  std::string nonce = nonce_cookie(options_.features);
  fmt::format_to(std::back_inserter(nonce), "{:016x}", static_cast<std::uint64_t>(now.ns));
  Bytes covered(nonce.begin(), nonce.end());
  ByteWriter writer(covered);
  writer.bytes(client.address.to_bytes());
  writer.u16(client.port);
  const HmacSha256 mac = nonce_key_.hmac_sha256(covered);
  fmt::format_to(std::back_inserter(nonce), "{:016x}", load_be64(mac.data()));
  return nonce;
}

bool LongTermServer::nonce_valid(std::string_view nonce, const Endpoint& client, Time now) {
  if (nonce.size() != nonce_cookie_size + 2 * hex_digits) return false;
  const std::string_view digits = nonce.substr(nonce_cookie_size, hex_digits);
  std::uint64_t ns = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), ns, 16);
  if (error != std::errc() || end != digits.end()) return false;
  const Time made{static_cast<std::int64_t>(ns)};
  if (!equal_in_constant_time(as_bytes(nonce), as_bytes(make_nonce(client, made)))) return false;
  return made <= now && now - made < options_.nonce_lifetime;
}

}  // namespace natsim::stun
