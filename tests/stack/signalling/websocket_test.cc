// Both sides of a WebSocket connection, on a stream without delay.
#include "stack/signalling/websocket.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::signalling {
namespace NATSIM_TEST_FILE {

constexpr Time start{1'000'000'000};

struct Ends {
  explicit Ends(const WebSocketOptions& options = {})
      : client(WebSocket::client(options, "203.0.113.10:8080", Random(1), start)),
        server(WebSocket::server(options, start)) {}

  // Carries all bytes over; `now` is when.
  void carry(Time now) {
    while (true) {
      const Bytes up = client.poll_bytes();
      if (!up.empty()) server.receive(up, now);
      const Bytes down = server.poll_bytes();
      if (!down.empty()) client.receive(down, now);
      if (up.empty() && down.empty()) return;
    }
  }

  WebSocket client;
  WebSocket server;
};

// All events as lines.
std::vector<std::string> told(WebSocket& socket) {
  std::vector<std::string> lines;
  while (const auto event = socket.poll_event()) {
    if (const auto* const received = std::get_if<SocketReceived>(&*event)) {
      lines.push_back("received " + received->text);
    } else if (const auto* const closed = std::get_if<SocketClosed>(&*event)) {
      lines.push_back((closed->by_peer ? "closed by peer " : "closed ") +
                      std::to_string(closed->code) + " " + closed->reason);
    } else {
      lines.emplace_back("opened");
    }
  }
  return lines;
}

using Lines = std::vector<std::string>;

// A server whose handshake is over, and what it makes of a client's frames.
Lines served(std::initializer_list<Bytes> frames) {
  Ends ends;
  ends.carry(start);
  told(ends.server);
  for (const Bytes& frame : frames) ends.server.receive(frame, start);
  return told(ends.server);
}
Bytes frame(Opcode opcode, std::string_view payload, bool fin = true) {
  Bytes out;
  write_frame(out, opcode, as_bytes(payload), MaskingKey{1, 2, 3, 4}, fin);
  return out;
}

TEST(WebSocketConnection, OpensCarriesTextAndCloses) {
  Ends ends;
  ends.carry(start);
  ends.client.send("hello");
  ends.client.send("again");
  ends.server.send("välkommen");
  ends.carry(start);
  ends.client.close(close_code::normal, "bye", start);
  ends.carry(start);
  EXPECT_EQ(told(ends.server),
            (Lines{"opened", "received hello", "received again", "closed by peer 1000 bye"}));
  EXPECT_EQ(told(ends.client), (Lines{"opened", "received välkommen", "closed 1000 bye"}));
  EXPECT_EQ(ends.client.next_timeout(), Time::never());
  EXPECT_EQ(ends.server.next_timeout(), Time::never());
}

TEST(WebSocketConnection, PutsFragmentsTogetherAroundAPing) {
  EXPECT_EQ(
      served({frame(Opcode::text, "one ", false), frame(Opcode::ping, "x"),
              frame(Opcode::continuation, "two ", false), frame(Opcode::continuation, "three")}),
      Lines{"received one two three"});
  // A character may be cut in two by a fragment's end.
  EXPECT_EQ(served({frame(Opcode::text, "\xc3", false), frame(Opcode::continuation, "\xa4")}),
            Lines{"received ä"});
}

TEST(WebSocketConnection, EndsWithTheCodeOfTheRfc) {
  EXPECT_EQ(served({frame(Opcode::binary, "x")}), Lines{"closed 1003 a message is binary"});
  EXPECT_EQ(served({frame(Opcode::text, "\xc3")}), Lines{"closed 1007 a message is not UTF-8"});
  EXPECT_EQ(served({frame(Opcode::continuation, "x")}),
            Lines{"closed 1002 a continuation continues no message"});
  EXPECT_EQ(served({frame(Opcode::text, "x", false), frame(Opcode::text, "y")}),
            Lines{"closed 1002 a message begins within another"});
  EXPECT_EQ(served({Bytes{0x81, 0x00}}), Lines{"closed 1002 a client's frame is not masked"});
  const std::string half(40'000, 'x');
  EXPECT_EQ(served({frame(Opcode::text, half, false), frame(Opcode::continuation, half)}),
            Lines{"closed 1009 a message is too long"});
  EXPECT_EQ(served({frame(Opcode::text, half + half)}),
            Lines{"closed 1009 a frame is longer than a message may be"});
}

TEST(WebSocketConnection, ReadsCloseFrames) {
  EXPECT_EQ(served({frame(Opcode::close, "")}), Lines{"closed by peer 1005 "});
  EXPECT_EQ(served({frame(Opcode::close, "\x03\xe9up")}), Lines{"closed by peer 1001 up"});
  EXPECT_EQ(served({frame(Opcode::close, "\x03")}), Lines{"closed 1002 half a status code"});
  EXPECT_EQ(served({frame(Opcode::close, "\x03\xed")}), Lines{"closed 1002 no such status code"});
  EXPECT_EQ(served({frame(Opcode::close, "\x03\xe8\xc3")}),
            Lines{"closed 1007 a reason is not UTF-8"});
  // Nothing is read behind it.
  EXPECT_EQ(served({frame(Opcode::close, ""), frame(Opcode::text, "x")}),
            Lines{"closed by peer 1005 "});
}

TEST(WebSocketConnection, TellsThePeerWhatItDidWrong) {
  Ends ends;
  ends.carry(start);
  told(ends.client);
  ends.server.receive(frame(Opcode::binary, "x"), start);
  ends.carry(start);
  EXPECT_EQ(told(ends.client), Lines{"closed by peer 1003 a message is binary"});
}

TEST(WebSocketConnection, AnswersAPingWithItsPayload) {
  Ends ends;
  ends.carry(start);
  ends.server.receive(frame(Opcode::ping, "abc"), start);
  EXPECT_EQ(ends.server.poll_bytes(), (Bytes{0x8a, 0x03, 'a', 'b', 'c'}));
}

TEST(WebSocketConnection, PingsAnIdlePeerAndGivesUpASilentOne) {
  WebSocketOptions options;
  options.ping_interval = seconds(15);
  options.pong_timeout = seconds(10);
  Ends ends(options);
  ends.carry(start);
  told(ends.client);
  const Time first = start + seconds(15);
  EXPECT_EQ(ends.client.next_timeout(), first);
  ends.client.handle_timeout(first);
  ends.carry(first);  // Ping and Pong
  EXPECT_EQ(ends.client.next_timeout(), first + seconds(15));
  const Time second = first + seconds(15);
  ends.client.handle_timeout(second);
  EXPECT_FALSE(ends.client.poll_bytes().empty());  // lost
  EXPECT_EQ(ends.client.next_timeout(), second + seconds(10));
  ends.client.handle_timeout(second + seconds(10));
  EXPECT_EQ(told(ends.client), Lines{"closed 1006 no Pong within 10s"});
}

TEST(WebSocketConnection, DoesNotWaitForEverForHandshakeOrClose) {
  Ends unanswered;
  EXPECT_EQ(unanswered.client.next_timeout(), start + seconds(10));
  unanswered.client.handle_timeout(start + seconds(10));
  EXPECT_EQ(told(unanswered.client), Lines{"closed 1006 no handshake within 10s"});
  Ends ends;
  ends.carry(start);
  told(ends.client);
  ends.client.close(close_code::normal, "", start);
  ends.client.handle_timeout(start + seconds(5));
  EXPECT_EQ(told(ends.client), Lines{"closed 1000 "});
}

TEST(WebSocketConnection, TellsOfAStreamThatEnds) {
  Ends ends;
  ends.client.end("reset");
  EXPECT_EQ(told(ends.client), Lines{"closed 1006 reset"});
}

TEST(WebSocketConnection, MasksWithWhatItsRandomStreamDraws) {
  const auto sent = [](std::uint64_t seed) {
    WebSocket client = WebSocket::client({}, "a", Random(seed), start);
    const Bytes request = client.poll_bytes();
    WebSocket server = WebSocket::server({}, start);
    server.receive(request, start);
    client.receive(server.poll_bytes(), start);
    client.send("hello");
    Bytes all = request;
    const Bytes frame = client.poll_bytes();
    all.insert(all.end(), frame.begin(), frame.end());
    return all;
  };
  EXPECT_EQ(sent(1), sent(1));
  EXPECT_NE(sent(1), sent(2));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::signalling
