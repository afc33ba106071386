#include "stack/stun/client_transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/stun/message_builder.h"

namespace natsim::stun {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;

const Endpoint client = Endpoint::parse("10.0.0.2:5000").value();
const Endpoint server = Endpoint::parse("192.0.2.1:3478").value();

Transmit binding_request(const TransactionId& id) {
  return {client, server, MessageBuilder(MessageClass::request, Method::binding, id).take()};
}

TransactionId some_id() {
  Random random(1);
  return TransactionId::draw(random);
}

struct Course {
  std::vector<std::int64_t> sends_ms;
  std::int64_t failed_ms = 0;
};

// Runs a transaction that nobody answers, waking it at its own deadlines only.
Course run_unanswered(const TransactionTimers& timers) {
  const Time start = Time{} + seconds(100);
  ClientTransaction transaction(binding_request(some_id()), timers, start);
  const Bytes first = transaction.poll_transmit().value().payload;
  Course course{.sends_ms = {0}};
  while (!transaction.next_timeout().is_never()) {
    const Time now = transaction.next_timeout();
    transaction.handle_timeout(now);
    if (const auto again = transaction.poll_transmit()) {
      EXPECT_EQ(again->payload, first);
      EXPECT_EQ(again->local, client);
      EXPECT_EQ(again->remote, server);
      course.sends_ms.push_back((now - start).ns / 1'000'000);
    }
    EXPECT_FALSE(transaction.poll_transmit());
    EXPECT_GT(transaction.next_timeout(), now);
    course.failed_ms = (now - start).ns / 1'000'000;
  }
  EXPECT_TRUE(transaction.failed());
  EXPECT_FALSE(transaction.integrity_violated());
  EXPECT_EQ(milliseconds(course.failed_ms), timers.total());
  return course;
}

TEST(StunTransaction, Stun13_RetransmissionTimes) {
  const Course course = run_unanswered(TransactionTimers{});
  EXPECT_THAT(course.sends_ms, ElementsAre(0, 500, 1500, 3500, 7500, 15500, 31500));
  EXPECT_EQ(course.failed_ms, 39'500);
}

// libwebrtc's requests: 250 ms, doubling up to 8 s, nine sends, 8 s after the last.
TEST(StunTransaction, IntervalsGrowToADayAtMost) {
  // 500 ms doubled 17 times are 18.2 hours, once more would be 36.4; the 100 sends that a scenario
  // may ask for have 99 intervals, of which 18 are shorter than a day.
  const Duration day = seconds(24 * 3600);
  const Duration shorter = milliseconds(500) * ((1 << 18) - 1);
  EXPECT_EQ((TransactionTimers{.rc = 100}.total()), shorter + day * 81 + milliseconds(500) * 16);
}

TEST(StunTransaction, Stun13_CappedGrowth) {
  const Course course =
      run_unanswered({.rto = milliseconds(250), .max_rto = seconds(8), .rc = 9, .rm = 32});
  EXPECT_THAT(course.sends_ms, ElementsAre(0, 250, 750, 1750, 3750, 7750, 15750, 23750, 31750));
  EXPECT_EQ(course.failed_ms, 39'750);
}

TEST(StunTransaction, Stun13_SlowerGrowth) {
  const Course course =
      run_unanswered({.rto = seconds(1), .growth_percent = 150, .rc = 4, .rm = 1});
  EXPECT_THAT(course.sends_ms, ElementsAre(0, 1000, 2500, 4750));
  EXPECT_EQ(course.failed_ms, 5750);
}

TEST(StunTransaction, Stun15_ReliableTransportSendsOnce) {
  const Course course = run_unanswered(TransactionTimers::reliable());
  EXPECT_THAT(course.sends_ms, ElementsAre(0));
  EXPECT_EQ(course.failed_ms, 39'500);
}

TEST(StunTransaction, Stun14_NewTransactionsHaveNewIds) {
  Random random(7);
  std::vector<TransactionId> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(TransactionId::draw(random));
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

Bytes response(MessageClass message_class, Method method, const TransactionId& id) {
  return MessageBuilder(message_class, method, id).take();
}

TEST(StunTransaction, Stun17_OnlyItsOwnResponseAnswers) {
  ClientTransaction transaction(binding_request(some_id()), {}, Time{});
  const auto answers = [&transaction](const Bytes& bytes) {
    return transaction.is_answered_by(MessageView::parse(bytes).value());
  };
  EXPECT_TRUE(answers(response(MessageClass::success_response, Method::binding, some_id())));
  EXPECT_TRUE(answers(response(MessageClass::error_response, Method::binding, some_id())));
  EXPECT_FALSE(answers(response(MessageClass::request, Method::binding, some_id())));
  EXPECT_FALSE(answers(response(MessageClass::indication, Method::binding, some_id())));
  EXPECT_FALSE(answers(response(MessageClass::success_response, Method::allocate, some_id())));
  EXPECT_FALSE(answers(response(MessageClass::success_response, Method::binding, {})));

  transaction.finish();
  EXPECT_FALSE(answers(response(MessageClass::success_response, Method::binding, some_id())));
  EXPECT_FALSE(transaction.poll_transmit());
  EXPECT_TRUE(transaction.next_timeout().is_never());
  EXPECT_FALSE(transaction.failed());
}

TEST(StunTransaction, Stun17_LateResponseIsIgnored) {
  ClientTransaction transaction(binding_request(some_id()), {}, Time{});
  while (!transaction.failed()) transaction.handle_timeout(transaction.next_timeout());
  const Bytes late = response(MessageClass::success_response, Method::binding, some_id());
  EXPECT_FALSE(transaction.is_answered_by(MessageView::parse(late).value()));
}

TEST(StunTransaction, DiscardedResponsesEndAsIntegrityViolation) {
  ClientTransaction transaction(binding_request(some_id()), {}, Time{});
  transaction.discard();
  EXPECT_EQ(transaction.next_timeout(), Time{} + milliseconds(500));
  while (!transaction.failed()) transaction.handle_timeout(transaction.next_timeout());
  EXPECT_TRUE(transaction.integrity_violated());
}

// A cancelled check (RFC 8445 §7.3.1.4) is not sent again, yet its answer is awaited to the end.
TEST(StunTransaction, StoppedRetransmissionsStillAwaitTheAnswer) {
  ClientTransaction transaction(binding_request(some_id()), {}, Time{});
  transaction.poll_transmit();
  transaction.handle_timeout(Time{} + milliseconds(500));
  transaction.poll_transmit();
  transaction.stop_retransmitting();
  EXPECT_EQ(transaction.next_timeout(), Time{} + milliseconds(39'500));
  transaction.handle_timeout(Time{} + milliseconds(39'500));
  EXPECT_FALSE(transaction.poll_transmit());
  EXPECT_TRUE(transaction.failed());
  EXPECT_EQ(transaction.sends(), 2);
}

// A wake-up that comes late shifts what follows instead of bunching sends together.
TEST(StunTransaction, LateWakeUpKeepsTheIntervals) {
  ClientTransaction transaction(binding_request(some_id()), {}, Time{});
  transaction.poll_transmit();
  transaction.handle_timeout(Time{} + milliseconds(800));
  EXPECT_TRUE(transaction.poll_transmit());
  EXPECT_EQ(transaction.next_timeout(), Time{} + milliseconds(1800));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::stun
