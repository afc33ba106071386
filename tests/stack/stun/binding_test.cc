#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/stun/binding_client.h"
#include "stack/stun/binding_server.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;

constexpr TransactionId id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
const Endpoint client_address = Endpoint::parse("203.0.113.5:40000").value();
const Endpoint a1p1 = Endpoint::parse("192.0.2.1:3478").value();
const Endpoint a1p2 = Endpoint::parse("192.0.2.1:3479").value();
const Endpoint a2p1 = Endpoint::parse("192.0.2.2:3478").value();
const Endpoint a2p2 = Endpoint::parse("192.0.2.2:3479").value();

MessageBuilder binding() { return {MessageClass::request, Method::binding, id}; }
MessageView parsed(const Bytes& bytes) { return MessageView::parse(bytes).value(); }
BindingServer four_sockets() { return BindingServer({.primary = a1p1, .alternate = a2p2}); }

std::optional<Transmit> ask(BindingServer& server, const Bytes& request,
                            const Endpoint& local = a1p1) {
  server.receive(local, client_address, request, Time{});
  const auto answer = server.poll_transmit();
  EXPECT_FALSE(server.poll_transmit());
  return answer;
}

TEST(StunBindingServer, AnswersWithTheSource) {
  BindingServer server({.primary = a1p1, .software = "natsim"});
  const Transmit answer = ask(server, binding().take()).value();
  EXPECT_EQ(answer.local, a1p1);
  EXPECT_EQ(answer.remote, client_address);
  const MessageView response = parsed(answer.payload);
  EXPECT_TRUE(response.is_success());
  EXPECT_EQ(response.transaction_id(), id);
  EXPECT_EQ(response.xor_mapped_address(), client_address);
  EXPECT_EQ(response.software(), "natsim");
  EXPECT_FALSE(response.has(AttributeType::other_address));
  EXPECT_FALSE(response.has_fingerprint());
  EXPECT_THAT(server.sockets(), ElementsAre(a1p1));
  EXPECT_TRUE(server.next_timeout().is_never());
}

TEST(StunBindingServer, FingerprintIsAnsweredWithFingerprint) {
  BindingServer server({.primary = a1p1});
  EXPECT_TRUE(parsed(ask(server, binding().fingerprint().take())->payload).has_fingerprint());
}

TEST(StunBindingServer, Stun02_WhatIsNotStunGetsNoAnswer) {
  BindingServer server({.primary = a1p1});
  EXPECT_FALSE(ask(server, {}));
  EXPECT_FALSE(ask(server, Bytes(100, 0)));
  Bytes corrupt = binding().fingerprint().take();
  corrupt.back() ^= 1;
  EXPECT_FALSE(ask(server, corrupt));
  EXPECT_EQ(server.counters().ignored, 3);
}

TEST(StunBindingServer, Stun03_UnknownRequiredAttributeIsRefused) {
  BindingServer server({.primary = a1p1});
  const Bytes request =
      binding().attribute(AttributeType{0x7f01}, {}).attribute(AttributeType{0x7f02}, {}).take();
  const Transmit answer = ask(server, request).value();
  const MessageView response = parsed(answer.payload);
  EXPECT_EQ(response.error_code()->number, ErrorNumber::unknown_attribute);
  EXPECT_THAT(response.unknown_attributes().value(), ElementsAre(0x7f01, 0x7f02));
  EXPECT_EQ(server.counters().refused, 1);

  // In an indication it leads to nothing at all.
  const Bytes indication = MessageBuilder(MessageClass::indication, Method::binding, id)
                               .attribute(AttributeType{0x7f01}, {})
                               .take();
  EXPECT_FALSE(ask(server, indication));
}

TEST(StunBindingServer, Stun16_RetransmissionGetsTheSameAnswer) {
  BindingServer server = four_sockets();
  const Bytes request = binding().software("x").take();
  EXPECT_EQ(ask(server, request)->payload, ask(server, request)->payload);
}

TEST(StunBindingServer, Stun25_OtherMethodsAndResponsesAreIgnored) {
  BindingServer server({.primary = a1p1});
  EXPECT_FALSE(ask(server, MessageBuilder(MessageClass::request, Method::allocate, id).take()));
  EXPECT_FALSE(ask(server, MessageBuilder(MessageClass::request, Method{0xfff}, id).take()));
  EXPECT_FALSE(
      ask(server, MessageBuilder(MessageClass::success_response, Method::binding, id).take()));
  EXPECT_EQ(server.counters().ignored, 3);
}

TEST(StunBindingServer, Stun26_IndicationsGetNoAnswer) {
  BindingServer server({.primary = a1p1});
  EXPECT_FALSE(ask(server, MessageBuilder(MessageClass::indication, Method::binding, id).take()));
  EXPECT_EQ(server.counters().indications, 1);
  EXPECT_EQ(server.counters().answered, 0);
}

// The stance of the header: 20 bytes in, at most about 100 out, and no padding beyond the
// request's.
TEST(StunBindingServer, Stun27_AnswersAreHardlyLargerThanRequests) {
  BindingServer plain({.primary = a1p1});
  EXPECT_EQ(ask(plain, binding().take())->payload.size(), 20 + 12);
  BindingServer server = four_sockets();
  EXPECT_EQ(ask(server, binding().take())->payload.size(), 20 + 4 * 12);
  const Bytes padded = binding().padding(1400).take();
  EXPECT_EQ(ask(server, padded)->payload.size(), padded.size() + 4 * 12);
}

TEST(StunBindingServer, Stun29_FourSocketsAnswerAsAsked) {
  BindingServer server = four_sockets();
  EXPECT_THAT(server.sockets(), ElementsAre(a1p1, a1p2, a2p1, a2p2));
  struct Case {
    Endpoint asked;
    ChangeRequest change;
    Endpoint answers;
    Endpoint other;  // where a request for both changes would be answered from
  };
  const Case cases[] = {
      {a1p1, {false, false}, a1p1, a2p2}, {a1p1, {true, false}, a2p1, a2p2},
      {a1p1, {false, true}, a1p2, a2p2},  {a1p1, {true, true}, a2p2, a2p2},
      {a2p1, {true, false}, a1p1, a1p2},  {a2p2, {true, true}, a1p1, a1p1},
      {a1p2, {false, true}, a1p1, a2p1},  {a2p2, {false, false}, a2p2, a1p1},
  };
  for (const Case& c : cases) {
    const Transmit answer = ask(server, binding().change_request(c.change).take(), c.asked).value();
    EXPECT_EQ(answer.local, c.answers);
    EXPECT_EQ(answer.remote, client_address);
    const MessageView response = parsed(answer.payload);
    EXPECT_EQ(response.response_origin(), c.answers);
    EXPECT_EQ(response.other_address(), c.other);
    EXPECT_EQ(response.mapped_address(), client_address);
    EXPECT_EQ(response.xor_mapped_address(), client_address);
  }
}

TEST(StunBindingServer, Stun29_ResponsePortAndPadding) {
  BindingServer server = four_sockets();
  const Transmit answer = ask(server, binding().response_port(5555).take()).value();
  EXPECT_EQ(answer.remote, (Endpoint{client_address.address, 5555}));
  EXPECT_EQ(parsed(answer.payload).xor_mapped_address(), client_address);
  EXPECT_EQ(parsed(ask(server, binding().padding(500).take())->payload).padding(), 500);

  const auto error_for = [&server](const Bytes& request) {
    return parsed(ask(server, request)->payload).error_code()->number;
  };
  EXPECT_EQ(error_for(binding().response_port(5555).padding(500).take()), ErrorNumber::bad_request);
  EXPECT_EQ(error_for(binding().response_port(0).take()), ErrorNumber::bad_request);
  EXPECT_EQ(error_for(binding().attribute(AttributeType::change_request, Bytes(3)).take()),
            ErrorNumber::bad_request);
}

TEST(StunBindingServer, Stun29_UnknownToAPlainServer) {
  BindingServer server({.primary = a1p1});
  const Transmit answer =
      ask(server, binding().change_request({.change_ip = true, .change_port = true}).take())
          .value();
  EXPECT_EQ(answer.local, a1p1);
  EXPECT_EQ(parsed(answer.payload).error_code()->number, ErrorNumber::unknown_attribute);
  EXPECT_THAT(parsed(answer.payload).unknown_attributes().value(), ElementsAre(0x0003));
}

// ALTERNATE-SERVER must be of the family that the request came by (RFC 8489 §14.15).
TEST(StunBindingServer, Stun18_RedirectsWithinTheFamilyOnly) {
  BindingServer server(
      {.primary = a1p1, .alternate_server = Endpoint::parse("[2001:db8::1]:3478")});
  EXPECT_TRUE(parsed(ask(server, binding().take())->payload).is_success());
  EXPECT_EQ(server.counters().redirected, 0);
}

TEST(StunBindingServer, AlternateMustDifferInAddressAndPort) {
  for (const Endpoint& alternate : {a1p1, a1p2, a2p1, Endpoint::parse("[2001:db8::1]:9").value()}) {
    EXPECT_THROW(BindingServer({.primary = a1p1, .alternate = alternate}), std::invalid_argument);
  }
}

// A client and any number of servers, with no delay in between.
class BindingExchange {
 public:
  explicit BindingExchange(const std::vector<BindingServer::Options>& options,
                           BindingClient::Options client_options = {}) {
    for (const BindingServer::Options& o : options) servers_.emplace_back(o);
    client_.emplace(client_address, options.front().primary, client_options, Random(1), Time{});
  }

  BindingResult run() {
    Time now;
    while (true) {
      while (const auto out = client_->poll_transmit()) {
        asked.push_back(out->remote);
        for (BindingServer& server : servers_) {
          if (server.sockets().front() != out->remote) continue;
          server.receive(out->remote, out->local, out->payload, now);
          while (const auto answer = server.poll_transmit()) {
            client_->receive(answer->remote, answer->local, answer->payload, now);
          }
        }
      }
      if (const auto event = client_->poll_event()) {
        EXPECT_TRUE(client_->next_timeout().is_never());
        EXPECT_FALSE(client_->poll_transmit());
        return *event;
      }
      now = client_->next_timeout();
      client_->handle_timeout(now);
    }
  }

  std::vector<Endpoint> asked;

 private:
  std::vector<BindingServer> servers_;
  std::optional<BindingClient> client_;
};

Endpoint mapped_by(const BindingResult& result) {
  const auto* mapped = std::get_if<MappedAddress>(&result);
  return mapped != nullptr ? mapped->mapped : Endpoint{};
}

std::optional<BindingFailure::Reason> failure_of(const BindingResult& result) {
  const auto* failure = std::get_if<BindingFailure>(&result);
  return failure != nullptr ? std::optional(failure->reason) : std::nullopt;
}

TEST(StunBindingClient, LearnsItsMappedAddress) {
  BindingExchange exchange({{.primary = a1p1}}, {.software = "probe", .fingerprint = true});
  EXPECT_EQ(mapped_by(exchange.run()), client_address);
  EXPECT_EQ(exchange.asked.size(), 1);
}

TEST(StunBindingClient, Stun18_FollowsRedirections) {
  BindingExchange exchange({{.primary = a1p1, .alternate_server = a1p2},
                            {.primary = a1p2, .alternate_server = a2p1},
                            {.primary = a2p1}});
  const BindingResult result = exchange.run();
  EXPECT_EQ(mapped_by(result), client_address);
  EXPECT_EQ(std::get<MappedAddress>(result).server, a2p1);
  EXPECT_THAT(exchange.asked, ElementsAre(a1p1, a1p2, a2p1));
}

TEST(StunBindingClient, Stun18_FindsLoops) {
  BindingExchange ping_pong(
      {{.primary = a1p1, .alternate_server = a1p2}, {.primary = a1p2, .alternate_server = a1p1}});
  EXPECT_EQ(failure_of(ping_pong.run()), BindingFailure::Reason::redirection_loop);
  EXPECT_THAT(ping_pong.asked, ElementsAre(a1p1, a1p2));

  BindingExchange self({{.primary = a1p1, .alternate_server = a1p1}});
  EXPECT_EQ(failure_of(self.run()), BindingFailure::Reason::redirection_loop);

  BindingExchange long_row({{.primary = a1p1, .alternate_server = a1p2},
                            {.primary = a1p2, .alternate_server = a2p1},
                            {.primary = a2p1, .alternate_server = a2p2},
                            {.primary = a2p2}},
                           {.max_redirections = 2});
  EXPECT_EQ(failure_of(long_row.run()), BindingFailure::Reason::redirection_loop);
  EXPECT_THAT(long_row.asked, ElementsAre(a1p1, a1p2, a2p1));
}

TEST(StunBindingClient, Stun18_RefusesLoopback) {
  BindingExchange exchange(
      {{.primary = a1p1, .alternate_server = Endpoint::parse("127.0.0.1:3478")}});
  EXPECT_EQ(failure_of(exchange.run()), BindingFailure::Reason::bad_redirection);
}

TEST(StunBindingClient, Stun13_SilenceIsATimeout) {
  BindingClient client(client_address, a1p1, {}, Random(1), Time{});
  int sends = 0;
  Time now;
  while (!client.next_timeout().is_never()) {
    if (client.poll_transmit()) ++sends;
    now = client.next_timeout();
    client.handle_timeout(now);
  }
  EXPECT_EQ(sends, 7);
  EXPECT_EQ(now, Time{} + milliseconds(39'500));
  EXPECT_EQ(failure_of(client.poll_event().value()), BindingFailure::Reason::timeout);
  EXPECT_FALSE(client.poll_event());
}

class BindingClientResponses : public testing::Test {
 protected:
  BindingClient client{client_address, a1p1, {}, Random(1), Time{}};
  Bytes request = client.poll_transmit()->payload;

  MessageBuilder success() { return MessageBuilder::success_response(parsed(request)); }
  std::optional<BindingResult> receive(const Bytes& response, const Endpoint& from = a1p1) {
    client.receive(client_address, from, response, Time{});
    return client.poll_event();
  }
};

TEST_F(BindingClientResponses, Stun03_UnknownRequiredAttributeFailsTheTransaction) {
  const auto result = receive(
      success().xor_mapped_address(client_address).attribute(AttributeType{0x7f01}, {}).take());
  EXPECT_EQ(failure_of(result.value()), BindingFailure::Reason::unusable_response);
}

TEST_F(BindingClientResponses, Stun10_MappedAddressOfAnOldServer) {
  EXPECT_EQ(mapped_by(receive(success().mapped_address(client_address).take()).value()),
            client_address);
}

TEST_F(BindingClientResponses, Stun17_FromElsewhereOrForAnotherIsIgnored) {
  EXPECT_FALSE(receive(success().xor_mapped_address(client_address).take(), a2p2));
  EXPECT_FALSE(receive(MessageBuilder(MessageClass::success_response, Method::binding, id)
                           .xor_mapped_address(client_address)
                           .take()));
  EXPECT_FALSE(receive(request));
  EXPECT_TRUE(receive(success().xor_mapped_address(client_address).take()));
  EXPECT_FALSE(receive(success().xor_mapped_address(client_address).take()));  // a duplicate
}

TEST_F(BindingClientResponses, WithoutAddress) {
  EXPECT_EQ(failure_of(receive(success().take()).value()),
            BindingFailure::Reason::unusable_response);
}

TEST_F(BindingClientResponses, ErrorIsReportedWithItsNumber) {
  const auto result =
      receive(MessageBuilder::error_response(parsed(request), ErrorNumber::server_error).take());
  EXPECT_EQ(failure_of(result.value()), BindingFailure::Reason::error_response);
  EXPECT_EQ(std::get<BindingFailure>(*result).error, ErrorNumber::server_error);
}

TEST_F(BindingClientResponses, Stun18_RedirectionWithoutAddress) {
  const auto result =
      receive(MessageBuilder::error_response(parsed(request), ErrorNumber::try_alternate).take());
  EXPECT_EQ(failure_of(result.value()), BindingFailure::Reason::bad_redirection);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
