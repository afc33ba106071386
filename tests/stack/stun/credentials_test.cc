#include <gtest/gtest.h>

#include "stack/stun/ephemeral_credentials.h"
#include "stack/stun/long_term_client.h"
#include "stack/stun/long_term_server.h"
#include "stack/stun/nonce_cookie.h"
#include "stack/stun/short_term.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using Verdict = LongTermClient::Verdict;

constexpr TransactionId id{{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2}};
const Endpoint client_address = Endpoint::parse("203.0.113.5:40000").value();
const Endpoint rebound_address = Endpoint::parse("203.0.113.5:40001").value();

MessageBuilder allocate() { return {MessageClass::request, Method::allocate, id}; }

MessageView parsed(const Bytes& bytes) { return MessageView::parse(bytes).value(); }

LongTermServer make_server(SecurityFeatures features = {}) {
  LongTermServer server({.realm = "example.org", .features = features}, Random(3));
  server.set_user("alice", "secret");
  return server;
}

Bytes protected_request(LongTermClient& client) {
  MessageBuilder builder = allocate();
  client.protect(builder);
  return builder.take();
}

// What the server answers: a success under the user's key, or the error.
Bytes answer(LongTermServer& server, const Bytes& request, const Endpoint& from, Time now) {
  const MessageView message = parsed(request);
  const auto result = server.check(message, from, now);
  if (const auto* error = std::get_if<ErrorNumber>(&result)) {
    return server.reject(message, *error, from, now).take();
  }
  MessageBuilder response = MessageBuilder::success_response(message);
  std::get<LongTermServer::Authenticated>(result).protect(response);
  return response.take();
}

int error_of(const Bytes& response) {
  const auto code = parsed(response).error_code();
  return code ? static_cast<int>(code->number) : 0;
}

TEST(StunShortTerm, Stun19_RequestChecks) {
  IntegrityKey key = IntegrityKey::short_term("pw");
  IntegrityKey wrong = IntegrityKey::short_term("no");
  const auto check = [&key](const Bytes& request) {
    const MessageView message = parsed(request);
    return check_short_term(message, message.username() == "alice", key);
  };
  EXPECT_EQ(check(allocate().username("alice").message_integrity(key).take()), std::nullopt);
  EXPECT_EQ(check(allocate().username("alice").message_integrity_sha256(key).take()), std::nullopt);
  EXPECT_EQ(check(allocate().message_integrity(key).take()), ErrorNumber::bad_request);
  EXPECT_EQ(check(allocate().username("alice").take()), ErrorNumber::bad_request);
  EXPECT_EQ(check(allocate().username("bob").message_integrity(key).take()),
            ErrorNumber::unauthenticated);
  EXPECT_EQ(check(allocate().username("alice").message_integrity(wrong).take()),
            ErrorNumber::unauthenticated);
  // A valid MESSAGE-INTEGRITY does not excuse a wrong MESSAGE-INTEGRITY-SHA256.
  EXPECT_EQ(check(allocate()
                      .username("alice")
                      .message_integrity(key)
                      .message_integrity_sha256(wrong)
                      .take()),
            ErrorNumber::unauthenticated);
}

// An error response to an authentic ICE check is protected like a success.
TEST(StunShortTerm, Stun19_ProtectedErrorResponse) {
  IntegrityKey key = IntegrityKey::short_term("pw");
  const Bytes request = allocate().username("a:b").message_integrity(key).take();
  const Bytes response = MessageBuilder::error_response(parsed(request), ErrorNumber::role_conflict)
                             .message_integrity(key)
                             .fingerprint()
                             .take();
  EXPECT_TRUE(key.verify(parsed(response)));
  EXPECT_EQ(error_of(response), 487);
}

TEST(StunLongTerm, Stun20_ChallengeThenCredentials) {
  LongTermServer server = make_server();
  LongTermClient client("alice", "secret");

  const Bytes first = protected_request(client);
  EXPECT_EQ(first, allocate().take());  // no credentials at all
  const Bytes challenge = answer(server, first, client_address, Time{});
  EXPECT_EQ(error_of(challenge), 401);
  EXPECT_EQ(parsed(challenge).realm(), "example.org");
  EXPECT_TRUE(parsed(challenge).nonce());
  EXPECT_FALSE(parsed(challenge).has(AttributeType::message_integrity));
  EXPECT_EQ(client.judge(parsed(challenge), 0), Verdict::retry);
  EXPECT_EQ(client.generation(), 1);

  const Bytes second = protected_request(client);
  EXPECT_EQ(parsed(second).username(), "alice");
  EXPECT_EQ(parsed(second).nonce(), parsed(challenge).nonce());
  IntegrityKey key = IntegrityKey::long_term("alice", "example.org", "secret");
  EXPECT_TRUE(key.verify_message_integrity(parsed(second)));
  const Bytes success = answer(server, second, client_address, Time{});
  EXPECT_TRUE(parsed(success).is_success());
  EXPECT_EQ(client.judge(parsed(success), 1), Verdict::accept);
}

TEST(StunLongTerm, Stun20_ServerChecksInOrder) {
  LongTermServer server = make_server();
  IntegrityKey key = IntegrityKey::long_term("alice", "example.org", "secret");
  IntegrityKey wrong = IntegrityKey::long_term("alice", "example.org", "guess");
  const std::string nonce = server.make_nonce(client_address, Time{});
  const auto error = [&server](MessageBuilder& builder) {
    return error_of(answer(server, builder.take(), client_address, Time{}));
  };
  EXPECT_EQ(error(allocate().username("alice").realm("example.org").nonce(nonce)), 401);
  EXPECT_EQ(error(allocate().realm("example.org").nonce(nonce).message_integrity(key)), 400);
  EXPECT_EQ(error(allocate().username("alice").nonce(nonce).message_integrity(key)), 400);
  EXPECT_EQ(error(allocate().username("alice").realm("example.org").message_integrity(key)), 400);
  EXPECT_EQ(
      error(allocate().username("bob").realm("example.org").nonce(nonce).message_integrity(key)),
      401);
  EXPECT_EQ(
      error(
          allocate().username("alice").realm("example.org").nonce(nonce).message_integrity(wrong)),
      401);
  EXPECT_EQ(
      error(allocate().username("alice").realm("example.org").nonce("old").message_integrity(key)),
      438);
  EXPECT_EQ(
      error(allocate().username("alice").realm("example.org").nonce(nonce).message_integrity(key)),
      0);
}

TEST(StunLongTerm, Stun21_StaleNonceIsRetriedOncePerNewNonce) {
  LongTermServer server = make_server();
  LongTermClient client("alice", "secret");
  client.judge(parsed(answer(server, protected_request(client), client_address, Time{})), 0);

  // The nonce lives 600 s: at 599.999… s it is good, at 600 s stale.
  const Bytes in_time = answer(server, protected_request(client), client_address,
                               Time{} + seconds(600) - Duration{1});
  EXPECT_TRUE(parsed(in_time).is_success());
  const Bytes stale =
      answer(server, protected_request(client), client_address, Time{} + seconds(600));
  EXPECT_EQ(error_of(stale), 438);
  EXPECT_EQ(client.judge(parsed(stale), 1), Verdict::retry);
  EXPECT_EQ(client.generation(), 2);
  const Bytes renewed =
      answer(server, protected_request(client), client_address, Time{} + seconds(600));
  EXPECT_TRUE(parsed(renewed).is_success());

  // Again a 438: with a nonce not seen before it is another retry, with the same one the end.
  const auto stale_with = [](std::string_view nonce) {
    return MessageBuilder(MessageClass::error_response, Method::allocate, id)
        .error_code(ErrorNumber::stale_nonce)
        .realm("example.org")
        .nonce(nonce)
        .take();
  };
  EXPECT_EQ(client.judge(parsed(stale_with("n3")), 2), Verdict::retry);
  EXPECT_EQ(client.judge(parsed(stale_with("n4")), 3), Verdict::retry);
  EXPECT_EQ(client.judge(parsed(stale_with("n4")), 4), Verdict::fail);
}

// One 438 serves all requests in flight (TC-09).
TEST(StunLongTerm, Stun21_RequestsInFlightShareTheNewNonce) {
  LongTermServer server = make_server();
  LongTermClient client("alice", "secret");
  client.judge(parsed(answer(server, protected_request(client), client_address, Time{})), 0);
  const Bytes one = protected_request(client);
  const Bytes two = protected_request(client);
  const Time later = Time{} + seconds(601);
  EXPECT_EQ(client.judge(parsed(answer(server, one, client_address, later)), 1), Verdict::retry);
  const std::string nonce = client.nonce();
  EXPECT_EQ(client.judge(parsed(answer(server, two, client_address, later)), 1), Verdict::retry);
  EXPECT_EQ(client.nonce(), nonce);
  EXPECT_EQ(client.generation(), 2);
}

// A NAT mapping that was lost gives the client another address: 438 and a retry, not 401.
TEST(StunLongTerm, Stun21_NonceOfAnotherAddressIsStale) {
  LongTermServer server = make_server();
  LongTermClient client("alice", "secret");
  client.judge(parsed(answer(server, protected_request(client), client_address, Time{})), 0);
  const Bytes refused = answer(server, protected_request(client), rebound_address, Time{});
  EXPECT_EQ(error_of(refused), 438);
  EXPECT_EQ(client.judge(parsed(refused), 1), Verdict::retry);
  EXPECT_TRUE(
      parsed(answer(server, protected_request(client), rebound_address, Time{})).is_success());
}

TEST(StunLongTerm, Stun22_SecondUnauthenticatedIsTheEnd) {
  LongTermServer server = make_server();
  LongTermClient client("alice", "wrong");
  EXPECT_EQ(
      client.judge(parsed(answer(server, protected_request(client), client_address, Time{})), 0),
      Verdict::retry);
  // The server challenges with a fresh nonce each time; the password is no better for it.
  const Bytes again =
      answer(server, protected_request(client), client_address, Time{} + seconds(1));
  EXPECT_EQ(error_of(again), 401);
  EXPECT_NE(parsed(again).nonce(), client.nonce());
  EXPECT_EQ(client.judge(parsed(again), 1), Verdict::fail);
}

TEST(StunLongTerm, Stun22_AnotherRealmIsAnotherTry) {
  LongTermClient client("alice", "secret");
  const auto challenge = [](std::string_view realm) {
    return MessageBuilder(MessageClass::error_response, Method::allocate, id)
        .error_code(ErrorNumber::unauthenticated)
        .realm(realm)
        .nonce("n")
        .take();
  };
  EXPECT_EQ(client.judge(parsed(challenge("a")), 0), Verdict::retry);
  EXPECT_EQ(client.judge(parsed(challenge("b")), 1), Verdict::retry);
  EXPECT_EQ(client.judge(parsed(challenge("b")), 2), Verdict::fail);
}

TEST(StunLongTerm, UnauthenticResponsesAreDiscarded) {
  LongTermServer server = make_server();
  LongTermClient client("alice", "secret");
  client.judge(parsed(answer(server, protected_request(client), client_address, Time{})), 0);
  IntegrityKey wrong = IntegrityKey::short_term("x");
  const auto success = [] {
    return MessageBuilder(MessageClass::success_response, Method::allocate, id);
  };
  EXPECT_EQ(client.judge(parsed(success().take()), 1), Verdict::discard);
  EXPECT_EQ(client.judge(parsed(success().message_integrity(wrong).take()), 1), Verdict::discard);
  const auto error = [](ErrorNumber number) {
    return MessageBuilder(MessageClass::error_response, Method::allocate, id)
        .error_code(number)
        .take();
  };
  EXPECT_EQ(client.judge(parsed(error(ErrorNumber::bad_request)), 1), Verdict::discard);
  EXPECT_EQ(client.judge(parsed(error(ErrorNumber::allocation_mismatch)), 1), Verdict::discard);
  EXPECT_EQ(client.judge(parsed(error(ErrorNumber::try_alternate)), 1), Verdict::accept);
  EXPECT_EQ(
      client.judge(
          parsed(MessageBuilder(MessageClass::error_response, Method::allocate, id).take()), 1),
      Verdict::discard);
}

TEST(StunNonceCookie, Stun23_SecurityFeatureBits) {
  EXPECT_EQ(nonce_cookie({}), "obMatJos2AAAA");
  // Bit 0 is the most significant of 24, so it is the first of base64's first six: 100000 = 'g'.
  EXPECT_EQ(nonce_cookie({.password_algorithms = true, .username_anonymity = false}),
            "obMatJos2gAAA");
  EXPECT_EQ(nonce_cookie({.password_algorithms = false, .username_anonymity = true}),
            "obMatJos2QAAA");
  EXPECT_EQ(security_features("obMatJos2wAAArest"),
            (SecurityFeatures{.password_algorithms = true, .username_anonymity = true}));
  EXPECT_EQ(security_features("obMatJos2AAAC"), SecurityFeatures{});  // unknown bit
  EXPECT_EQ(security_features("obMatJos2AA"), std::nullopt);
  EXPECT_EQ(security_features("obMatJos2A*AA"), std::nullopt);
  EXPECT_EQ(security_features("f//499k954d6OL34oL9FSTvy64sA"), std::nullopt);
}

TEST(StunNonceCookie, Stun23_PasswordAlgorithmsAreNegotiated) {
  LongTermServer server = make_server({.password_algorithms = true, .username_anonymity = true});
  LongTermClient client("alice", "secret");
  const Bytes challenge = answer(server, protected_request(client), client_address, Time{});
  EXPECT_EQ(client.judge(parsed(challenge), 0), Verdict::retry);

  const Bytes request = protected_request(client);
  const MessageView message = parsed(request);
  EXPECT_EQ(message.password_algorithms(), parsed(challenge).password_algorithms());
  EXPECT_EQ(message.password_algorithm(), PasswordAlgorithm::sha256);
  EXPECT_EQ(message.username(), std::nullopt);
  EXPECT_EQ(message.userhash(), user_hash("alice", "example.org"));
  EXPECT_FALSE(message.has(AttributeType::message_integrity));
  const Bytes success = answer(server, request, client_address, Time{});
  EXPECT_TRUE(parsed(success).is_success());
  EXPECT_TRUE(parsed(success).has(AttributeType::message_integrity_sha256));
  EXPECT_EQ(client.judge(parsed(success), 1), Verdict::accept);

  // A response under MESSAGE-INTEGRITY alone is a step down and not believed.
  IntegrityKey key =
      IntegrityKey::long_term("alice", "example.org", "secret", PasswordAlgorithm::sha256);
  const Bytes weaker = MessageBuilder(MessageClass::success_response, Method::allocate, id)
                           .message_integrity(key)
                           .take();
  EXPECT_EQ(client.judge(parsed(weaker), 1), Verdict::discard);
}

TEST(StunNonceCookie, Stun23_BidDownIsNoticed) {
  // The list has been taken out of the challenge: its nonce gives that away to the client.
  LongTermClient client("alice", "secret");
  const auto challenge = [](std::string_view nonce) {
    return MessageBuilder(MessageClass::error_response, Method::allocate, id)
        .error_code(ErrorNumber::unauthenticated)
        .realm("example.org")
        .nonce(nonce);
  };
  EXPECT_EQ(client.judge(parsed(challenge("obMatJos2gAAAx").take()), 0), Verdict::fail);
  // Nothing known in the list.
  EXPECT_EQ(client.judge(parsed(challenge("obMatJos2gAAAx")
                                    .password_algorithms(std::array{PasswordAlgorithm{7}})
                                    .take()),
                         0),
            Verdict::fail);

  // The list has been shortened on its way to the client: its echo gives that away to the server.
  LongTermServer server = make_server({.password_algorithms = true, .username_anonymity = false});
  IntegrityKey key = IntegrityKey::long_term("alice", "example.org", "secret");
  const std::array weak{PasswordAlgorithm::md5};
  const Bytes echoed = allocate()
                           .username("alice")
                           .realm("example.org")
                           .nonce(server.make_nonce(client_address, Time{}))
                           .password_algorithms(weak)
                           .password_algorithm(PasswordAlgorithm::md5)
                           .message_integrity_sha256(key)
                           .take();
  EXPECT_EQ(error_of(answer(server, echoed, client_address, Time{})), 400);

  // A client of RFC 5389 sends neither and is served with MD5 and MESSAGE-INTEGRITY.
  const Bytes old = allocate()
                        .username("alice")
                        .realm("example.org")
                        .nonce(server.make_nonce(client_address, Time{}))
                        .message_integrity(key)
                        .take();
  const Bytes served = answer(server, old, client_address, Time{});
  EXPECT_TRUE(parsed(served).is_success());
  EXPECT_TRUE(parsed(served).has(AttributeType::message_integrity));
}

TEST(StunUserHash, Stun24_NamesAUser) {
  LongTermServer server = make_server({.password_algorithms = false, .username_anonymity = true});
  IntegrityKey key = IntegrityKey::long_term("alice", "example.org", "secret");
  const auto request = [&](const UserHash& hash) {
    return allocate()
        .userhash(hash)
        .realm("example.org")
        .nonce(server.make_nonce(client_address, Time{}))
        .message_integrity(key)
        .take();
  };
  EXPECT_EQ(
      error_of(answer(server, request(user_hash("alice", "example.org")), client_address, Time{})),
      0);
  EXPECT_EQ(
      error_of(answer(server, request(user_hash("alice", "example.com")), client_address, Time{})),
      401);
  server.remove_user("alice");
  EXPECT_EQ(
      error_of(answer(server, request(user_hash("alice", "example.org")), client_address, Time{})),
      401);
}

// TS-22: what `echo -n 1433895918:ninefingers | openssl dgst -sha1 -hmac supersecret -binary |
// base64` prints.
TEST(StunEphemeralCredentials, Ts22_PasswordIsAMacOfTheUsername) {
  IntegrityKey secret(as_bytes("supersecret"));
  EXPECT_EQ(ephemeral_password(secret, "1433895918:ninefingers"), "O3W+TXINK999F9WH62YqbBGso10=");
  const auto made = make_ephemeral_credentials(secret, "ninefingers",
                                               Time{} + seconds(1'433'895'917) + nanoseconds(1));
  EXPECT_EQ(made.username, "1433895918:ninefingers") << "rounded up";
  EXPECT_EQ(made.password, ephemeral_password(secret, made.username));
  EXPECT_EQ(make_ephemeral_credentials(secret, "", Time{} + seconds(5)).username, "5");
}

TEST(StunEphemeralCredentials, Ts22_UsernamesThatExpireNever) {
  EXPECT_EQ(ephemeral_expiry("12:alice"), Time{} + seconds(12));
  EXPECT_EQ(ephemeral_expiry("12"), Time{} + seconds(12));
  for (const auto* name : {"", ":alice", "alice", "12x:alice", "-1:alice", "+1:alice",
                           "99999999999999999999:alice", "18446744073709551615"}) {
    EXPECT_FALSE(ephemeral_expiry(name)) << name;
  }
}

TEST(StunEphemeralCredentials, Ts22_AreGoodUntilTheyExpire) {
  LongTermServer server({.realm = "example.org", .shared_secret = "north"}, Random(3));
  IntegrityKey secret(as_bytes("north"));
  const Time expires = Time{} + seconds(100);
  const auto made = make_ephemeral_credentials(secret, "alice", expires);
  LongTermClient client(made.username, made.password);
  const auto ask = [&](LongTermClient& who, Time now) {
    int code = 401;
    for (int attempt = 0; attempt < 2 && code != 0; ++attempt) {
      const auto generation = who.generation();
      const Bytes response = answer(server, protected_request(who), client_address, now);
      code = error_of(response);
      if (who.judge(parsed(response), generation) != Verdict::retry) break;
    }
    return code;
  };
  EXPECT_EQ(ask(client, Time{} + seconds(1)), 0);
  EXPECT_EQ(ask(client, expires - nanoseconds(1)), 0);
  EXPECT_EQ(ask(client, expires), 401) << "also one who was known";
  LongTermClient late(made.username, made.password);
  EXPECT_EQ(ask(late, expires), 401);
  LongTermClient guesser("1000:alice", "guess");
  EXPECT_EQ(ask(guesser, expires), 401);
  LongTermClient stretched("1000:alice", made.password);
  EXPECT_EQ(ask(stretched, expires), 401) << "the expiry is under the MAC";
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
