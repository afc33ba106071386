// What a handshake over a good path gives, and what must not come of it.
#include <thread>

#include <gtest/gtest.h>

#include "tests/stack/dtls/association.h"

namespace natsim::dtls {
namespace NATSIM_TEST_FILE {

const std::vector<srtp::Profile> gcm_first{srtp::Profile::aead_aes_128_gcm,
                                           srtp::Profile::aes128_cm_sha1_80};

AssociationSetup with_media(std::vector<srtp::Profile> client, std::vector<srtp::Profile> server) {
  AssociationSetup setup;
  setup.client.srtp_profiles = std::move(client);
  setup.server.srtp_profiles = std::move(server);
  return setup;
}

// Four flights: the server has the third after 3/2 round trips, the client the fourth after two.
TEST(DtlsHandshake, Dtls12ConnectsInTwoRoundTrips) {
  Association pair;
  pair.start();
  pair.run();
  EXPECT_EQ(pair.at_server.connected, Time{} + Association::one_way * 3);
  EXPECT_EQ(pair.at_client.connected, Time{} + Association::one_way * 4);
  EXPECT_EQ(pair.client.cipher(), "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(pair.sent.size(), 4u);
  EXPECT_TRUE(pair.client.next_timeout().is_never());
  EXPECT_TRUE(pair.server.next_timeout().is_never());
}

TEST(DtlsHandshake, Dtls01RecordsCarryTheVersion) {
  Association pair;
  pair.start();
  pair.run();
  for (const Crossing& each : pair.sent) {
    EXPECT_EQ(each.datagram[1], 0xfe);
    EXPECT_TRUE(each.datagram[2] == 0xff || each.datagram[2] == 0xfd);
  }
}

TEST(DtlsHandshake, Dtls07TheCookieCostsARoundTrip) {
  AssociationSetup setup;
  setup.server.hello_verify = true;
  Association pair(setup);
  pair.start();
  pair.run();
  EXPECT_EQ(pair.at_client.connected, Time{} + Association::one_way * 6);
  EXPECT_EQ(pair.sent.size(), 6u);
}

TEST(DtlsHandshake, Dtls10BothEndsHaveTheSameKeys) {
  Association pair(with_media(gcm_first, gcm_first));
  pair.start();
  pair.run();
  ASSERT_TRUE(pair.at_client.srtp);
  EXPECT_EQ(pair.at_client.srtp, pair.at_server.srtp);
  EXPECT_EQ(pair.at_client.srtp->profile, srtp::Profile::aead_aes_128_gcm);
  EXPECT_NE(pair.at_client.srtp->client, pair.at_client.srtp->server);
  const auto exported = pair.client.export_keys(srtp::exporter_label, 56);
  EXPECT_EQ(srtp::cut_exported(srtp::Profile::aead_aes_128_gcm, *exported), pair.at_server.srtp);
}

TEST(DtlsHandshake, Dtls09TheServersOrderCounts) {
  Association pair(with_media(gcm_first, {srtp::Profile::aes128_cm_sha1_80, gcm_first[0]}));
  pair.start();
  pair.run();
  ASSERT_TRUE(pair.at_client.srtp);
  EXPECT_EQ(pair.at_client.srtp->profile, srtp::Profile::aes128_cm_sha1_80);
}

TEST(DtlsHandshake, Dtls09NoCommonProfileFails) {
  Association pair(with_media({srtp::Profile::aead_aes_256_gcm}, {gcm_first[1]}));
  pair.start();
  pair.run();
  const std::vector<std::string> reason{"no common protection profile for SRTP"};
  EXPECT_EQ(pair.at_server.failures, reason);
  EXPECT_EQ(pair.at_client.failures, reason);
  EXPECT_FALSE(pair.at_client.connected);
}

TEST(DtlsHandshake, Dtls11AWrongCertificateReleasesNothing) {
  for (const Role wronged : {Role::client, Role::server}) {
    AssociationSetup setup = with_media(gcm_first, gcm_first);
    setup.exchange_fingerprints = false;
    const auto other = *Certificate::generate(Random(99)).fingerprint("sha-256");
    (wronged == Role::client ? setup.client : setup.server).fingerprints = {other};
    Association pair(setup);
    pair.start();
    pair.run();
    Told& told = wronged == Role::client ? pair.at_client : pair.at_server;
    EXPECT_EQ(told.failures, std::vector<std::string>{"certificate verify failed"});
    for (const Told* each : {&pair.at_client, &pair.at_server}) {
      EXPECT_FALSE(each->connected);
      EXPECT_FALSE(each->srtp);
      EXPECT_EQ(each->data.size(), 0u);
    }
    Session& session = wronged == Role::client ? pair.client : pair.server;
    EXPECT_FALSE(session.export_keys(srtp::exporter_label, 56));
    EXPECT_FALSE(session.send(as_bytes("secret"), pair.now));
  }
}

TEST(DtlsHandshake, Dtls11AFingerprintMayComeLate) {
  AssociationSetup setup;
  setup.exchange_fingerprints = false;
  setup.server.fingerprints = {};
  Association pair(setup);
  pair.start();
  pair.run();
  EXPECT_EQ(pair.client.state(), Session::State::unverified);
  pair.client.expect({*pair.server_certificate.fingerprint("sha-512")}, pair.now);
  pair.drain();
  EXPECT_TRUE(pair.at_client.connected);
  ASSERT_TRUE(pair.client.send(as_bytes("early"), pair.now));
  pair.drain();
  pair.run();
  EXPECT_TRUE(pair.at_server.data.empty());
  pair.server.expect({*pair.client_certificate.fingerprint("sha-384")}, pair.now);
  pair.drain();
  ASSERT_EQ(pair.at_server.data.size(), 1u);
  EXPECT_EQ(as_text(pair.at_server.data[0]), "early");
}

TEST(DtlsHandshake, Dtls11ALateFingerprintMayBeWrong) {
  AssociationSetup setup;
  setup.exchange_fingerprints = false;
  Association pair(setup);
  pair.start();
  pair.run();
  pair.client.expect({*pair.client_certificate.fingerprint("sha-256")}, pair.now);
  pair.drain();
  EXPECT_FALSE(pair.at_client.connected);
  EXPECT_EQ(pair.at_client.failures.size(), 1u);
}

TEST(DtlsHandshake, Dtls14AnEarlyClientHelloCostsNoWait) {
  Association pair;
  pair.client.start(pair.now);
  pair.drain();
  pair.run(Time{} + milliseconds(300));
  pair.now = Time{} + milliseconds(300);
  pair.server.start(pair.now);
  pair.drain();
  pair.run();
  EXPECT_EQ(pair.at_client.connected, Time{} + milliseconds(300) + Association::one_way * 3);
}

TEST(DtlsHandshake, Dtls14MoreThanTheLimitIsDroppedAndCounted) {
  Association pair;
  for (std::size_t i = 0; i < Session::early_limit + 3; ++i) pair.server.receive({}, pair.now);
  EXPECT_EQ(pair.server.dropped_early(), 3u);
}

TEST(DtlsHandshake, DataGoesBothWaysAndCloseNotifyEnds) {
  Association pair;
  pair.start();
  pair.run();
  ASSERT_TRUE(pair.client.send(as_bytes("ping"), pair.now));
  ASSERT_TRUE(pair.server.send(as_bytes("pong"), pair.now));
  pair.drain();
  pair.run();
  ASSERT_EQ(pair.at_server.data.size(), 1u);
  EXPECT_EQ(as_text(pair.at_server.data[0]), "ping");
  EXPECT_EQ(as_text(pair.at_client.data.at(0)), "pong");
  pair.client.close(pair.now);
  pair.drain();
  pair.run();
  EXPECT_EQ(pair.at_client.closed, false);
  EXPECT_EQ(pair.at_server.closed, true);
  EXPECT_FALSE(pair.server.send(as_bytes("late"), pair.now));
}

TEST(DtlsHandshake, Dtls02AReplayedRecordIsIgnored) {
  Association pair;
  pair.start();
  pair.run();
  ASSERT_TRUE(pair.client.send(as_bytes("once"), pair.now));
  pair.drain();
  const Bytes record = pair.sent.back().datagram;
  pair.run();
  pair.server.receive(record, pair.now);
  Bytes forged = record;
  forged.back() ^= 1;
  forged[10] = 77;
  pair.server.receive(forged, pair.now);
  pair.drain();
  EXPECT_EQ(pair.at_server.data.size(), 1u);
  EXPECT_EQ(pair.server.state(), Session::State::connected);
}

std::vector<Crossing> transcript(std::uint64_t seed) {
  AssociationSetup setup = with_media(gcm_first, gcm_first);
  setup.seed = seed;
  Association pair(setup);
  pair.loses = [](std::size_t number) { return number == 1 || number == 4; };
  pair.start();
  pair.run();
  pair.client.send(as_bytes("data"), pair.now);
  pair.drain();
  return pair.sent;
}

TEST(DtlsHandshake, TheSameSeedGivesTheSameBytes) {
  EXPECT_EQ(transcript(5), transcript(5));
  EXPECT_NE(transcript(5), transcript(6));
}

TEST(DtlsHandshake, TwoThreadsDoNotShareChanceOrTime) {
  const auto five = transcript(5);
  const auto six = transcript(6);
  std::vector<int> wrong(2);
  const auto repeat = [](std::uint64_t seed, const std::vector<Crossing>& expected, int& wrongs) {
    for (int i = 0; i < 10; ++i) wrongs += transcript(seed) == expected ? 0 : 1;
  };
  std::thread other(repeat, 6, std::cref(six), std::ref(wrong[1]));
  repeat(5, five, wrong[0]);
  other.join();
  EXPECT_EQ(wrong, (std::vector<int>{0, 0}));
}

TEST(DtlsHandshake, KeyLinesNameTheClientsRandom) {
  AssociationSetup setup;
  setup.client.log_keys = true;
  Association pair(setup);
  pair.start();
  pair.run();
  ASSERT_EQ(pair.at_client.key_lines.size(), 1u);
  // A label, 32 bytes and 48 bytes in hexadecimal digits.
  EXPECT_TRUE(pair.at_client.key_lines[0].starts_with("CLIENT_RANDOM "));
  EXPECT_EQ(pair.at_client.key_lines[0].size(), 14u + 64 + 1 + 96);
  EXPECT_TRUE(pair.at_server.key_lines.empty());
}

TEST(DtlsHandshake, RsaConnectsToo) {
  const Certificate rsa = Certificate::generate(Random(3), KeyType::rsa_2048);
  const Certificate ec = Certificate::generate(Random(3));
  Session client({.fingerprints = {*rsa.fingerprint("sha-256")}}, ec, Random(1));
  Session server({.role = Role::server, .fingerprints = {*ec.fingerprint("sha-256")}}, rsa,
                 Random(2));
  server.start(Time{});
  client.start(Time{});
  for (int flight = 0; flight < 4; ++flight) {
    while (const auto out = client.poll_transmit()) server.receive(*out, Time{});
    while (const auto out = server.poll_transmit()) client.receive(*out, Time{});
  }
  EXPECT_EQ(client.state(), Session::State::connected);
  EXPECT_EQ(client.cipher(), "ECDHE-RSA-AES128-GCM-SHA256");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dtls
