// Which certificates a client takes, and what both ends hear of one that it does not.
#include <gtest/gtest.h>

#include "tests/stack/tls/connected.h"

namespace natsim::tls {
namespace NATSIM_TEST_FILE {

void expect_refused(const PairSetup& setup, const std::string& reason, const std::string& alert) {
  for (const Version newest : {Version::tls_1_2, Version::tls_1_3}) {
    PairSetup each = setup;
    each.client.newest = newest;
    Connected pair(each);
    pair.shake_hands();
    EXPECT_FALSE(pair.at_client.opened);
    EXPECT_EQ(pair.client.reason(), reason);
    EXPECT_EQ(pair.server.reason(), "the peer sent the alert '" + alert + "'");
    ASSERT_EQ(pair.at_client.closed.size(), 1u);
    EXPECT_FALSE(pair.at_client.closed[0].clean);
    EXPECT_FALSE(pair.client.send(as_bytes("secret"), pair.now));
    EXPECT_FALSE(pair.server.send(as_bytes("secret"), pair.now));
  }
}

TEST(TlsVerification, ACertificateThatNobodyVouchesForIsRefused) {
  PairSetup setup;
  setup.client.trusted = {*certificate_for({"turn.example"}, 99).fingerprint("sha-256")};
  expect_refused(setup, "the certificate is not trusted", "unknown CA");
  setup.client.trusted.clear();
  expect_refused(setup, "the certificate is not trusted", "unknown CA");
}

TEST(TlsVerification, ACertificateForAnotherNameIsRefused) {
  PairSetup setup;
  setup.client.server_name = "other.example";
  expect_refused(setup, "the certificate is not for 'other.example'", "bad certificate");
  setup.client.server_name = "203.0.113.10";
  expect_refused(setup, "the certificate is not for '203.0.113.10'", "bad certificate");
}

// Those of peers that know each other by fingerprint, whose common name alone is set.
TEST(TlsVerification, ACertificateWithoutNamesIsForNobody) {
  PairSetup setup;
  setup.certificate = certificate_for({});
  setup.server.certificate = setup.certificate;
  setup.client = PairSetup::trusting(setup.certificate);
  setup.client.server_name = "natsim";
  expect_refused(setup, "the certificate is not for 'natsim'", "bad certificate");
}

TEST(TlsVerification, AWildcardStandsForOneLabel) {
  PairSetup setup;
  setup.certificate = certificate_for({"*.example.org"});
  setup.server.certificate = setup.certificate;
  setup.client = PairSetup::trusting(setup.certificate);
  setup.client.server_name = "turn.example.org";
  Connected pair(setup);
  pair.shake_hands();
  EXPECT_TRUE(pair.at_client.opened);
  setup.client.server_name = "a.turn.example.org";
  expect_refused(setup, "the certificate is not for 'a.turn.example.org'", "bad certificate");
}

TEST(TlsVerification, OneOfManyTrustedIsEnoughAndTheHashIsFree) {
  PairSetup setup;
  setup.client.trusted = {*certificate_for({"turn.example"}, 99).fingerprint("sha-256"),
                          *setup.certificate.fingerprint("sha-512")};
  Connected pair(setup);
  pair.shake_hands();
  EXPECT_TRUE(pair.at_client.opened);
}

TEST(TlsVerification, AClientThatDoesNotVerifyTakesAny) {
  PairSetup setup;
  setup.client.trusted.clear();
  setup.client.server_name = "other.example";
  setup.client.verify = false;
  Connected pair(setup);
  pair.shake_hands();
  ASSERT_TRUE(pair.at_server.opened);
  EXPECT_EQ(pair.at_server.opened->server_name, "other.example");
}

TEST(TlsVerification, NoNameIsNeitherToldNorChecked) {
  PairSetup setup;
  setup.client.server_name.clear();
  Connected pair(setup);
  pair.shake_hands();
  ASSERT_TRUE(pair.at_server.opened);
  EXPECT_EQ(pair.at_server.opened->server_name, "");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::tls
