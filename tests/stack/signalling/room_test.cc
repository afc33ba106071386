// Rooms, their members, and what becomes of their messages when connections break.
#include "tests/stack/signalling/room.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace natsim::signalling {
namespace NATSIM_TEST_FILE {

using testing::ElementsAre;
using testing::IsEmpty;

// Stream, handshake and join: a way and two round trips.
constexpr Duration entry = one_way * 5;

TEST(SignallingRoom, RelaysToTheOthers) {
  Room room;
  room.add("alice");
  room.run_for(entry);
  room.add("bob");
  room.add("carol");
  room.run_for(seconds(1));
  room.send("alice", SignalKind::offer, "v=0");
  room.send("bob", SignalKind::answer, "v=1", "alice");
  room.run_for(seconds(1));
  EXPECT_THAT(room.members["alice"].told,
              ElementsAre("joined", "bob arrived", "carol arrived", "answer from bob: v=1"));
  EXPECT_THAT(room.members["bob"].told,
              ElementsAre("joined", "carol arrived", "offer from alice: v=0"));
  EXPECT_THAT(room.members["carol"].told, ElementsAre("joined", "offer from alice: v=0"));
  EXPECT_THAT(room.events, ElementsAre("joined alice", "joined bob", "joined carol",
                                       "relayed alice offer", "relayed bob answer"));
  EXPECT_EQ(room.server.relayed(), 2U);
  // All is acknowledged.
  const std::vector<RoomSnapshot> rooms = room.server.rooms();
  for (const MemberSnapshot& member : rooms.front().members) EXPECT_EQ(member.undelivered, 0U);
  EXPECT_EQ(room.members["alice"].client->unacknowledged(), 0U);
}

TEST(SignallingRoom, MessagesWaitUntilSomebodyElseIsThere) {
  Room room;
  room.add("alice");
  room.send("alice", SignalKind::offer, "1");
  room.send("alice", SignalKind::candidate, "2");
  room.run_for(seconds(5));
  EXPECT_EQ(room.server.relayed(), 0U);
  room.add("bob");
  room.run_for(seconds(1));
  EXPECT_THAT(room.members["bob"].told,
              ElementsAre("joined", "offer from alice: 1", "candidate from alice: 2"));
}

TEST(SignallingRoom, ResumesAndDeliversWhatWasSaidMeanwhile) {
  Room room;
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  room.reachable = false;
  room.cut("bob", true);
  room.send("alice", SignalKind::offer, "1");
  room.send("alice", SignalKind::candidate, "2");
  room.send("bob", SignalKind::candidate, "3");
  room.run_for(seconds(5));
  EXPECT_EQ(room.server.rooms().front().members[1].undelivered, 2U);
  EXPECT_FALSE(room.server.rooms().front().members[1].present);
  room.reachable = true;
  // At the latest: a try that gets no answer for 10 s, and the wait after it.
  room.run_for(seconds(12));
  EXPECT_THAT(room.members["bob"].told,
              ElementsAre("joined", "lost: reset", "lost: no connection within 10s", "resumed",
                          "offer from alice: 1", "candidate from alice: 2"));
  // Nobody left, and nobody came.
  EXPECT_THAT(room.members["alice"].told,
              ElementsAre("joined", "bob arrived", "candidate from bob: 3"));
  EXPECT_THAT(room.events,
              ElementsAre("joined alice", "joined bob", "absent bob reset", "relayed alice offer",
                          "relayed alice candidate", "resumed bob", "relayed bob candidate"));
}

TEST(SignallingRoom, AStreamThatDiesSilentlyIsNoticedByItsPings) {
  Room room;
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  room.cut("bob", false);
  room.send("alice", SignalKind::offer, "1");
  // Idle for 15 s, then 10 s without a Pong, then at most 0.5 s until the next try.
  room.run_for(seconds(25) + milliseconds(500) + entry);
  EXPECT_THAT(room.members["bob"].told,
              ElementsAre("joined", "lost: no Pong within 10s", "resumed", "offer from alice: 1"));
}

TEST(SignallingRoom, WhoStaysAwayLeaves) {
  ServerOptions options;
  options.resume_window = seconds(30);
  Room room(options);
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  room.reachable = false;
  const Time lost = room.now;
  room.cut("bob", true);
  room.run_until(lost + seconds(30) + one_way - nanoseconds(1));
  EXPECT_THAT(room.members["alice"].told, ElementsAre("joined", "bob arrived"));
  room.run_for(nanoseconds(1));
  EXPECT_THAT(room.members["alice"].told,
              ElementsAre("joined", "bob arrived", "bob left: absent for 30s"));
  room.reachable = true;
  room.run_for(seconds(60));
  // The session is unknown now: bob joins anew.
  EXPECT_EQ(room.members["bob"].told.back(), "joined");
  EXPECT_EQ(room.members["alice"].told.back(), "bob arrived");
}

TEST(SignallingRoom, WhoClosesLeavesAtOnce) {
  Room room;
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  room.leave("bob");
  room.run_for(seconds(1));
  EXPECT_THAT(room.members["alice"].told, ElementsAre("joined", "bob arrived", "bob left: left"));
  EXPECT_EQ(room.members["bob"].told.back(), "gone");
  EXPECT_EQ(room.members["bob"].client->next_timeout(), Time::never());
  EXPECT_FALSE(room.send("bob", SignalKind::bye, ""));
  room.leave("alice");
  room.run_for(seconds(1));
  EXPECT_THAT(room.server.rooms(), IsEmpty());
  EXPECT_EQ(room.server.connections(), 0U);
  EXPECT_EQ(room.server.next_timeout(), Time::never());
}

TEST(SignallingRoom, ANameThatIsTakenIsTriedAgain) {
  Room room;
  room.add("alice");
  room.run_for(seconds(1));
  ClientOptions options;
  options.room = "r";
  options.name = "alice";
  Client other(options, Random(3), room.now);
  // By hand: a stream to the server beside the room's.
  constexpr ConnectionId id = 1000;
  other.connected(room.now);
  room.server.open(id, room.now);
  for (int i = 0; i < 4; ++i) {
    while (const auto order = other.poll_order()) {
      if (const auto* const bytes = std::get_if<SendBytes>(&*order)) {
        room.server.receive(id, bytes->bytes, room.now);
      }
    }
    while (const auto out = room.server.poll_transmit()) other.receive(out->bytes, room.now);
  }
  const auto refused = other.poll_event();
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<ServerRefused>(*refused).reason, "the name is taken");
  EXPECT_EQ(std::get<ConnectionLost>(*other.poll_event()).reason, "the name is taken");
  EXPECT_EQ(other.state(), Client::State::waiting);
}

TEST(SignallingRoom, AServerThatRestartsIsJoinedAnewAndToldWhatItMayHaveLost) {
  Room room;
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  room.send("alice", SignalKind::offer, "1");
  room.run_for(seconds(1));
  room.send("alice", SignalKind::candidate, "2");  // on its way when the server forgets all
  room.server.restart();
  room.run_for(seconds(5));
  // Alice is there before him: her message waits for nobody else.
  EXPECT_THAT(room.members["bob"].told,
              ElementsAre("joined", "offer from alice: 1", "lost: closed", "error: unknown session",
                          "lost: unknown session", "joined", "candidate from alice: 2"));
  EXPECT_EQ(room.server.rooms().front().members.size(), 2U);
}

TEST(SignallingRoom, TriesComeLaterAndLater) {
  Room room;
  room.reachable = false;
  ClientOptions options;
  options.room = "r";
  options.reconnect_min = seconds(1);
  options.reconnect_max = seconds(4);
  options.connect_timeout = seconds(10);
  room.add("alice", options);
  std::vector<Time> tries;
  Client& client = *room.members["alice"].client;
  for (int i = 0; i < 5; ++i) {
    room.run_until(client.next_timeout());  // the try ends
    const Time failed = room.now;
    ASSERT_EQ(client.state(), Client::State::waiting);
    const Duration wait = client.next_timeout() - failed;
    const Duration most = std::min(seconds(1) * (1 << i), seconds(4));
    EXPECT_GE(wait, most / 2);
    EXPECT_LE(wait, most);
    room.run_until(client.next_timeout());
    ASSERT_EQ(client.state(), Client::State::connecting);
  }
}

TEST(SignallingRoom, ErrorsHaveReasonsAndDoNothingElse) {
  Server server({}, Random(1));
  const Time now{};
  constexpr ConnectionId id = 1;
  server.open(id, now);
  WebSocket client = WebSocket::client({}, "h", Random(2), now);
  const auto exchange = [&](std::string_view text) {
    client.send(text);
    server.receive(id, client.poll_bytes(), now);
    Lines answers;
    while (const auto out = server.poll_transmit()) client.receive(out->bytes, now);
    while (const auto event = client.poll_event()) {
      if (const auto* const received = std::get_if<SocketReceived>(&*event)) {
        answers.push_back(received->text);
      }
    }
    return answers;
  };
  exchange("");  // the handshake
  const auto error = [](std::string_view reason) {
    return Lines{fmt::format(R"({{"type":"error","reason":"{}"}})", reason)};
  };
  EXPECT_EQ(exchange("not json"), error("it is not JSON"));
  EXPECT_EQ(exchange(R"({"type":"offer","number":1,"payload":"x"})"),
            error("it has not joined a room"));
  EXPECT_EQ(exchange(R"({"type":"ack","received":0})"), error("it has not joined a room"));
  EXPECT_EQ(exchange(R"({"type":"resume","session":"00","received":0})"), error("unknown session"));
  EXPECT_EQ(exchange(R"({"type":"join","room":"","name":"a"})"),
            error("a room and a name have 1 to 64 bytes"));
  EXPECT_EQ(exchange(R"({"type":"join","room":"r","name":"a"})").size(), 1U);
  EXPECT_EQ(exchange(R"({"type":"join","room":"r","name":"b"})"),
            error("it has joined a room already"));
  EXPECT_EQ(exchange(R"({"type":"offer","number":2,"payload":"x"})"), error("number 2 follows 0"));
  EXPECT_EQ(exchange(R"({"type":"ack","received":1})"), error("it acknowledges what was not sent"));
  EXPECT_EQ(exchange(R"({"type":"offer","number":1,"payload":"x"})"),
            (Lines{R"({"type":"ack","received":1})", error("nobody else is in the room").front()}));
  EXPECT_EQ(server.rooms().front().members.size(), 1U);
}

TEST(SignallingRoom, AbsentMembersAreKeptNoMoreThanMessagesFor) {
  ServerOptions options;
  options.max_undelivered = 3;
  Room room(options);
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  room.reachable = false;
  room.cut("bob", true);
  for (int i = 0; i < 4; ++i) room.send("alice", SignalKind::candidate, "x");
  room.run_for(seconds(1));
  EXPECT_EQ(room.members["alice"].told.back(), "bob left: too many messages wait for it");
  EXPECT_EQ(room.server.rooms().front().members.size(), 1U);
}

TEST(SignallingRoom, RefusesToSendTooMuch) {
  Room room;
  ClientOptions options;
  options.room = "r";
  options.max_unsent = 2;
  room.add("alice", options);
  EXPECT_FALSE(room.send("alice", SignalKind::offer, std::string(70'000, 'x')));
  EXPECT_FALSE(room.send("alice", SignalKind::offer, "\xff"));
  EXPECT_TRUE(room.send("alice", SignalKind::offer, "1"));
  EXPECT_TRUE(room.send("alice", SignalKind::offer, "2"));
  EXPECT_FALSE(room.send("alice", SignalKind::offer, "3"));
}

// Whatever breaks and when: each hears all that the other said, in order and once.
RC_GTEST_PROP(SignallingRoom, LosesAndDoublesNothingWhateverBreaks, ()) {
  Room room;
  room.add("alice");
  room.add("bob");
  room.run_for(seconds(1));
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::inRange(0, 100)));
  std::map<std::string, Lines> said;
  for (const auto& [what, wait] : steps) {
    const std::string name = what % 2 == 0 ? "alice" : "bob";
    if (what < 4) {
      const std::string payload = fmt::format("{}", said[name].size());
      RC_ASSERT(room.send(name, SignalKind::candidate, payload));
      said[name].push_back(fmt::format("candidate from {}: {}", name, payload));
    } else if (room.members[name].connection != 0) {
      room.cut(name, wait % 3 != 0);
    }
    room.run_for(milliseconds(wait));
  }
  room.run_for(seconds(120));
  for (const std::string name : {"alice", "bob"}) {
    Lines heard;
    for (const std::string& line : room.members[name].told) {
      if (line.starts_with("candidate")) heard.push_back(line);
    }
    RC_ASSERT(heard == said[name == "alice" ? "bob" : "alice"]);
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::signalling
