// How a connection ends: in order, cut off, or because what came was no TLS.
#include <gtest/gtest.h>

#include "tests/stack/tls/connected.h"

namespace natsim::tls {
namespace NATSIM_TEST_FILE {

void expect_end(const Told& told, bool clean, const std::string& reason) {
  ASSERT_EQ(told.closed.size(), 1u);
  EXPECT_EQ(told.closed[0].clean, clean);
  EXPECT_EQ(told.closed[0].reason, reason);
}

TEST(TlsClosing, EitherSideEndsBothDirections) {
  for (const bool by_client : {true, false}) {
    Connected pair;
    pair.shake_hands();
    Endpoint& closer = by_client ? pair.client : pair.server;
    Endpoint& other = by_client ? pair.server : pair.client;
    closer.send(as_bytes("last"), pair.now);
    closer.close(pair.now);
    closer.close(pair.now);
    EXPECT_FALSE(closer.send(as_bytes("later"), pair.now));
    pair.exchange();
    expect_end(by_client ? pair.at_client : pair.at_server, true, "closed by this side");
    expect_end(by_client ? pair.at_server : pair.at_client, true, "the peer closed the connection");
    EXPECT_EQ(as_text(by_client ? pair.at_server.data : pair.at_client.data), "last");
    EXPECT_EQ(other.state(), Endpoint::State::closed);
    // The end of the stream is no second end.
    other.end(pair.now);
    EXPECT_FALSE(other.poll_event());
  }
}

// Each side says close_notify once: an alert in a record (RFC 8446 section 6.1).
TEST(TlsClosing, CloseNotifyIsAnswered) {
  PairSetup setup;
  setup.client.newest = Version::tls_1_2;
  Connected pair(setup);
  pair.shake_hands();
  const std::size_t up = pair.to_server.size();
  const std::size_t down = pair.to_client.size();
  pair.client.close(pair.now);
  pair.exchange();
  ASSERT_GT(pair.to_server.size(), up);
  ASSERT_GT(pair.to_client.size(), down);
  constexpr std::uint8_t alert = 21;
  EXPECT_EQ(pair.to_server[up], alert);
  EXPECT_EQ(pair.to_client[down], alert);
  EXPECT_EQ(pair.to_server.size() - up, pair.to_client.size() - down);
}

TEST(TlsClosing, AStreamThatIsCutOffIsNoOrderlyEnd) {
  Connected pair;
  pair.shake_hands();
  pair.client.end(pair.now);
  pair.exchange();
  expect_end(pair.at_client, false, "the stream ended without close_notify");
  EXPECT_FALSE(pair.client.send(as_bytes("later"), pair.now));
}

TEST(TlsClosing, AStreamMayEndDuringTheHandshake) {
  Connected pair;
  pair.client.start(pair.now);
  pair.client.end(pair.now);
  pair.server.end(pair.now);
  pair.exchange();
  expect_end(pair.at_client, false, "the stream ended during the handshake");
  expect_end(pair.at_server, false, "the stream ended during the handshake");
}

TEST(TlsClosing, ClosingDuringTheHandshakeIsNotInOrder) {
  Connected pair;
  pair.client.start(pair.now);
  pair.client.close(pair.now);
  pair.exchange();
  expect_end(pair.at_client, false, "closed by this side");
}

TEST(TlsClosing, WhatIsNoClientHelloIsNamed) {
  const std::pair<const char*, const char*> inputs[] = {
      {"GET / HTTP/1.1\r\n\r\n", "http request"},
      {"SSH-2.0-OpenSSH_9.2\r\n", "wrong version number"},
  };
  for (const auto& [input, reason] : inputs) {
    Connected pair;
    pair.server.receive(as_bytes(input), pair.now);
    pair.exchange();
    expect_end(pair.at_server, false, reason);
    pair.server.receive(as_bytes(input), pair.now);
    EXPECT_FALSE(pair.server.poll_event());
  }
}

TEST(TlsClosing, WhatIsNoServerHelloIsNamed) {
  Connected pair;
  pair.client.start(pair.now);
  pair.client.receive(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), pair.now);
  pair.exchange();
  expect_end(pair.at_client, false, "wrong version number");
}

TEST(TlsClosing, ASpoiledRecordEndsTheConnection) {
  Connected pair;
  pair.shake_hands();
  pair.client.send(as_bytes("data"), pair.now);
  Bytes record = *pair.client.poll_transmit();
  record.back() ^= 1;
  pair.server.receive(record, pair.now);
  pair.exchange();
  expect_end(pair.at_server, false, "decryption failed or bad record mac");
  expect_end(pair.at_client, false, "the peer sent the alert 'bad record mac'");
  EXPECT_TRUE(pair.at_server.data.empty());
}

// Every prefix of what a client says, and every byte of it spoiled: an end with a reason, or none
// yet.
TEST(TlsClosing, NoClientHelloIsTakenForAnother) {
  Connected pair;
  pair.client.start(pair.now);
  const Bytes hello = *pair.client.poll_transmit();
  for (std::size_t i = 0; i < hello.size(); i += 5) {
    Connected cut;
    cut.server.receive(ByteView(hello).first(i), cut.now);
    EXPECT_EQ(cut.server.state(), Endpoint::State::handshaking);
    Bytes spoiled = hello;
    spoiled[i] ^= 0x55;
    Connected changed;
    changed.server.receive(spoiled, changed.now);
    EXPECT_NE(changed.server.state(), Endpoint::State::open);
    EXPECT_EQ(changed.server.state() == Endpoint::State::closed, !changed.server.reason().empty());
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::tls
