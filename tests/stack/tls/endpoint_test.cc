// What a handshake agrees on, and that bytes go both ways as they were given.
#include <thread>

#include <gtest/gtest.h>

#include "tests/stack/tls/connected.h"

namespace natsim::tls {
namespace NATSIM_TEST_FILE {

TEST(TlsEndpoint, OpensWithTheNewestVersion) {
  Connected pair;
  pair.shake_hands();
  ASSERT_TRUE(pair.at_client.opened && pair.at_server.opened);
  EXPECT_EQ(pair.at_client.opened->version, Version::tls_1_3);
  EXPECT_EQ(pair.at_server.opened->version, Version::tls_1_3);
  EXPECT_EQ(pair.at_server.opened->server_name, "turn.example");
  EXPECT_EQ(pair.at_client.opened->alpn, "");
  EXPECT_EQ(pair.client.state(), Endpoint::State::open);
  EXPECT_EQ(pair.client.reason(), "");
}

TEST(TlsEndpoint, EitherSideMayKeepToTheOlderVersion) {
  for (const bool by_client : {true, false}) {
    PairSetup setup;
    (by_client ? setup.client.newest : setup.server.newest) = Version::tls_1_2;
    Connected pair(setup);
    pair.shake_hands();
    ASSERT_TRUE(pair.at_client.opened && pair.at_server.opened);
    EXPECT_EQ(pair.at_client.opened->version, Version::tls_1_2);
    EXPECT_EQ(pair.at_server.opened->version, Version::tls_1_2);
    EXPECT_EQ(pair.at_server.opened->server_name, "turn.example");
  }
}

TEST(TlsEndpoint, NoCommonVersionClosesBoth) {
  PairSetup setup;
  setup.client.oldest = Version::tls_1_3;
  setup.server.newest = Version::tls_1_2;
  Connected pair(setup);
  pair.shake_hands();
  EXPECT_EQ(pair.server.reason(), "unsupported protocol");
  EXPECT_EQ(pair.client.reason(), "the peer sent the alert 'protocol version'");
}

// More than a record holds, and cut anyhow on its way.
TEST(TlsEndpoint, BytesGoBothWaysInOrder) {
  for (const Version version : {Version::tls_1_2, Version::tls_1_3}) {
    for (const std::size_t piece : {1u, 7u, 1460u}) {
      PairSetup setup;
      setup.client.newest = version;
      Connected pair(setup);
      pair.piece = piece;
      pair.shake_hands();
      Bytes up(50'000);
      Random(4).fill(up);
      ASSERT_TRUE(pair.client.send(up, pair.now));
      ASSERT_TRUE(pair.server.send(as_bytes("one "), pair.now));
      ASSERT_TRUE(pair.server.send({}, pair.now));
      ASSERT_TRUE(pair.server.send(as_bytes("two"), pair.now));
      pair.exchange();
      EXPECT_EQ(pair.at_server.data, up);
      EXPECT_EQ(as_text(pair.at_client.data), "one two");
    }
  }
}

TEST(TlsEndpoint, NothingIsSentBeforeItIsOpen) {
  Connected pair;
  EXPECT_FALSE(pair.client.send(as_bytes("early"), pair.now));
  pair.client.start(pair.now);
  EXPECT_FALSE(pair.client.send(as_bytes("early"), pair.now));
}

// An address is no name to tell (RFC 6066 section 3).
TEST(TlsEndpoint, AnAddressIsCheckedButNotTold) {
  PairSetup setup;
  setup.certificate = certificate_for({"turn.example", "203.0.113.10", "2001:db8::10"});
  setup.server.certificate = setup.certificate;
  setup.client = PairSetup::trusting(setup.certificate);
  for (const char* address : {"203.0.113.10", "2001:db8::10"}) {
    setup.client.server_name = address;
    Connected pair(setup);
    pair.shake_hands();
    ASSERT_TRUE(pair.at_client.opened && pair.at_server.opened) << pair.client.reason();
    EXPECT_EQ(pair.at_server.opened->server_name, "");
  }
}

TEST(TlsEndpoint, TheServersOrderOfProtocolsCounts) {
  PairSetup setup;
  setup.client.alpn = {"http/1.1", "stun.turn"};
  setup.server.alpn = {"stun.turn", "http/1.1"};
  Connected pair(setup);
  pair.shake_hands();
  ASSERT_TRUE(pair.at_client.opened && pair.at_server.opened);
  EXPECT_EQ(pair.at_client.opened->alpn, "stun.turn");
  EXPECT_EQ(pair.at_server.opened->alpn, "stun.turn");
}

TEST(TlsEndpoint, OffersThatOneSideDoesNotKnowArePassedOver) {
  PairSetup offering;
  offering.client.alpn = {"http/1.1"};
  PairSetup accepting;
  accepting.server.alpn = {"http/1.1"};
  for (const PairSetup& setup : {offering, accepting}) {
    Connected pair(setup);
    pair.shake_hands();
    ASSERT_TRUE(pair.at_client.opened && pair.at_server.opened);
    EXPECT_EQ(pair.at_client.opened->alpn, "");
    EXPECT_EQ(pair.at_server.opened->alpn, "");
  }
}

TEST(TlsEndpoint, NoCommonProtocolClosesBoth) {
  PairSetup setup;
  setup.client.alpn = {"http/1.1"};
  setup.server.alpn = {"stun.turn"};
  Connected pair(setup);
  pair.shake_hands();
  EXPECT_EQ(pair.server.reason(), "no application protocol");
  EXPECT_EQ(pair.client.reason(), "the peer sent the alert 'no application protocol'");
  EXPECT_FALSE(pair.at_client.opened);
  EXPECT_FALSE(pair.at_server.opened);
}

std::vector<Bytes> transcript(std::uint64_t seed, Version newest) {
  PairSetup setup;
  setup.seed = seed;
  setup.client.newest = newest;
  Connected pair(setup);
  pair.shake_hands();
  pair.client.send(as_bytes("data"), pair.now);
  pair.exchange();
  pair.client.close(pair.now);
  pair.exchange();
  return {pair.to_server, pair.to_client};
}

TEST(TlsEndpoint, TheSameSeedGivesTheSameBytes) {
  for (const Version newest : {Version::tls_1_2, Version::tls_1_3}) {
    EXPECT_EQ(transcript(5, newest), transcript(5, newest));
    EXPECT_NE(transcript(5, newest), transcript(6, newest));
  }
}

TEST(TlsEndpoint, TwoThreadsDoNotShareChance) {
  const auto five = transcript(5, Version::tls_1_3);
  const auto six = transcript(6, Version::tls_1_3);
  std::vector<int> wrong(2);
  const auto repeat = [](std::uint64_t seed, const std::vector<Bytes>& expected, int& wrongs) {
    for (int i = 0; i < 10; ++i) wrongs += transcript(seed, Version::tls_1_3) == expected ? 0 : 1;
  };
  std::thread other(repeat, 6, std::cref(six), std::ref(wrong[1]));
  repeat(5, five, wrong[0]);
  other.join();
  EXPECT_EQ(wrong, (std::vector<int>{0, 0}));
}

// No tickets: once its Finished is out a server says nothing of itself.
TEST(TlsEndpoint, TheServerSendsNoTickets) {
  Connected pair;
  pair.shake_hands();
  Connected again;
  again.client.start(again.now);
  again.server.receive(*again.client.poll_transmit(), again.now);
  EXPECT_EQ(again.server.poll_transmit()->size(), pair.to_client.size());
}

TEST(TlsEndpoint, KeyLinesAreForTheCapture) {
  PairSetup setup;
  setup.client.log_keys = true;
  Connected pair(setup);
  pair.shake_hands();
  std::vector<std::string> labels;
  for (const std::string& line : pair.at_client.key_lines) {
    labels.push_back(line.substr(0, line.find(' ')));
  }
  std::ranges::sort(labels);
  EXPECT_EQ(labels,
            (std::vector<std::string>{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                                      "EXPORTER_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                      "SERVER_TRAFFIC_SECRET_0"}));
  EXPECT_TRUE(pair.at_server.key_lines.empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::tls
