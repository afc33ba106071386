// WebSocket connections in words.
#include "sim/record/websocket_text.h"

#include <string>

#include <gtest/gtest.h>

#include "stack/signalling/message.h"
#include "stack/signalling/websocket.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using signalling::ClientMessage;
using signalling::MaskingKey;
using signalling::Opcode;
using signalling::ServerMessage;
using signalling::SignalKind;

Bytes framed(Opcode opcode, const std::string& payload, bool is_client = false) {
  Bytes out;
  signalling::write_frame(out, opcode, as_bytes(payload),
                          is_client ? std::optional(MaskingKey{1, 2, 3, 4}) : std::nullopt);
  return out;
}
Bytes from_client(const ClientMessage& message) {
  return framed(Opcode::text, encode(message), true);
}
Bytes from_server(const ServerMessage& message) { return framed(Opcode::text, encode(message)); }
Bytes joined(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(WebSocketText, TellsTheHandshake) {
  const std::string request = signalling::upgrade_request("h", "/rooms", "k");
  EXPECT_EQ(describe_websocket(as_bytes(request)), "WebSocket handshake, GET /rooms HTTP/1.1");
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  EXPECT_EQ(describe_websocket(as_bytes(answer)),
            "WebSocket handshake, HTTP/1.1 101 Switching Protocols");
  const std::string refusal = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(describe_websocket(as_bytes(refusal)), "HTTP/1.1 404 Not Found");
}

TEST(WebSocketText, TellsMessagesByTypeAndMember) {
  EXPECT_EQ(describe_websocket(from_client(signalling::Join{"lobby", "alice"})),
            "WebSocket join 'lobby' as alice");
  EXPECT_EQ(describe_websocket(
                from_client(signalling::OutgoingSignal{SignalKind::candidate, 1, "bob", "x"})),
            "WebSocket candidate to bob");
  EXPECT_EQ(describe_websocket(
                from_server(signalling::IncomingSignal{SignalKind::offer, 1, "alice", "v=0"})),
            "WebSocket offer from alice");
  EXPECT_EQ(describe_websocket(joined(from_server(signalling::Ack{1}), framed(Opcode::ping, ""))),
            "WebSocket ack, ping");
  EXPECT_EQ(describe_websocket(framed(Opcode::close, "\x03\xe8left")), "WebSocket close 1000 left");
}

TEST(WebSocketText, SaysNothingOfWhatItDoesNotKnow) {
  EXPECT_EQ(describe_websocket({}), "");
  EXPECT_EQ(describe_websocket(Bytes(1460, 0)), "");
  EXPECT_EQ(describe_websocket(as_bytes("hello, world")), "");
  EXPECT_EQ(describe_websocket(framed(Opcode::text, "hello")), "");
  Bytes cut = from_server(signalling::Ack{1});
  cut.pop_back();
  EXPECT_EQ(describe_websocket(cut), "");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
