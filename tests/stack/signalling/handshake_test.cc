// The opening handshake, with the example of RFC 6455 §1.3.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stack/signalling/websocket_handshake.h"

namespace natsim::signalling {
namespace NATSIM_TEST_FILE {

using State = Handshake::State;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), with);
}

std::string request() { return upgrade_request("server.example.com", "/chat", key); }

State serve(Handshake& handshake, const std::string& text) {
  return handshake.feed(as_bytes(text));
}

TEST(WebSocketHandshake, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(websocket_accept(key), accept);
  Handshake server = Handshake::server("/chat");
  EXPECT_EQ(serve(server, request()), State::done) << server.failure();
  EXPECT_EQ(server.answer(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  Handshake client = Handshake::client(key);
  EXPECT_EQ(serve(client, server.answer()), State::done) << client.failure();
}

TEST(WebSocketHandshake, TakesItsHeadByteByByteAndLeavesTheRest) {
  Handshake server = Handshake::server("/chat");
  for (const char c : request()) {
    EXPECT_EQ(server.state(), State::reading);
    serve(server, std::string(1, c));
  }
  EXPECT_EQ(server.state(), State::done);
  EXPECT_TRUE(server.rest().empty());
  Handshake other = Handshake::server("/chat");
  EXPECT_EQ(serve(other, request() + "\x81"), State::done);
  EXPECT_EQ(other.rest(), Bytes{0x81});
}

TEST(WebSocketHandshake, TheKeyIsOf16DrawnBytes) {
  Random random(1);
  const std::string drawn = draw_websocket_key(random);
  EXPECT_EQ(drawn.size(), 24U);
  EXPECT_NE(drawn, draw_websocket_key(random));
  Handshake server = Handshake::server("/");
  EXPECT_EQ(serve(server, upgrade_request("a", "/", drawn)), State::done);
}

TEST(WebSocketHandshake, AServerRefusesWhatAsksForSomethingElse) {
  struct Case {
    std::string request;
    std::string status;
    std::string failure;
  };
  const Case cases[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400 ", "not HTTP"},
      {replaced(request(), "GET", "POST"), "HTTP/1.1 400 ", "not a GET"},
      {replaced(request(), "HTTP/1.1", "HTTP/1.0"), "HTTP/1.1 400 ", "not a GET of HTTP/1.1"},
      {replaced(request(), "/chat", "/news"), "HTTP/1.1 404 ", "no /news, only /chat"},
      {replaced(request(), "Host: server.example.com\r\n", ""), "HTTP/1.1 400 ", "not one Host"},
      {replaced(request(), "Upgrade: websocket", "Upgrade: h2c"), "HTTP/1.1 426 ", "no upgrade"},
      {replaced(request(), "Connection: Upgrade", "Connection: close"), "HTTP/1.1 426 ",
       "no upgrade"},
      {replaced(request(), "Version: 13", "Version: 8"), "HTTP/1.1 426 ", "another version"},
      {replaced(request(), key, "c2hvcnQ="), "HTTP/1.1 400 ", "not 16 bytes"},
      {replaced(request(), key, "!!!!!!!!!!!!!!!!!!!!!!=="), "HTTP/1.1 400 ", "not 16 bytes"},
      {replaced(request(), "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\n"), "HTTP/1.1 400 ", "body"},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "not HTTP"},
  };
  for (const Case& one : cases) {
    Handshake server = Handshake::server("/chat");
    EXPECT_EQ(serve(server, one.request), State::failed) << one.failure;
    EXPECT_THAT(server.failure(), HasSubstr(one.failure));
    EXPECT_THAT(server.answer(), StartsWith(one.status));
  }
}

TEST(WebSocketHandshake, AClientRefusesWhatIsNoUpgrade) {
  Handshake server = Handshake::server("/chat");
  serve(server, request());
  const std::string& answer = server.answer();
  struct Case {
    std::string answer;
    std::string failure;
  };
  const Case cases[] = {
      {"nonsense\r\n\r\n", "not HTTP"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answers 404"},
      {replaced(answer, "Upgrade: websocket", "Upgrade: h2c"), "does not upgrade"},
      {replaced(answer, accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="), "does not fit"},
      {replaced(answer, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
       "not asked for"},
  };
  for (const Case& one : cases) {
    Handshake client = Handshake::client(key);
    EXPECT_EQ(serve(client, one.answer), State::failed) << one.failure;
    EXPECT_THAT(client.failure(), HasSubstr(one.failure));
    EXPECT_EQ(client.answer(), "");
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::signalling
