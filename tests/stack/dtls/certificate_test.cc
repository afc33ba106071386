// Certificates and their fingerprints.
#include "stack/dtls/certificate.h"

#include <gtest/gtest.h>

namespace natsim::dtls {
namespace NATSIM_TEST_FILE {

Bytes der(const Certificate& certificate) {
  return {certificate.der().begin(), certificate.der().end()};
}

TEST(DtlsCertificate, TheSameStreamGivesTheSameBytes) {
  for (const KeyType type : {KeyType::ecdsa_p256, KeyType::rsa_2048}) {
    const Bytes first = der(Certificate::generate(Random(7), type));
    EXPECT_EQ(first, der(Certificate::generate(Random(7), type)));
    EXPECT_NE(first, der(Certificate::generate(Random(8), type)));
  }
}

// Names change nothing else: the key is drawn before.
TEST(DtlsCertificate, ItMayBeForNames) {
  const std::vector<std::string> names{"turn.example", "203.0.113.10"};
  const Bytes named = der(Certificate::generate(Random(7), KeyType::ecdsa_p256, names));
  EXPECT_NE(as_text(named).find("turn.example"), std::string_view::npos);
  EXPECT_EQ(as_text(named).find("203.0.113.10"), std::string_view::npos);
  constexpr char address[]{'\x87', 4, '\xcb', 0, 113, 10};
  EXPECT_NE(as_text(named).find(std::string_view(address, 6)), std::string_view::npos);
  EXPECT_EQ(named, der(Certificate::generate(Random(7), KeyType::ecdsa_p256, names)));
}

TEST(DtlsCertificate, FingerprintsHaveTheirHashesLengths) {
  const Certificate certificate = Certificate::generate(Random(1));
  EXPECT_EQ(certificate.fingerprint("sha-256")->digest.size(), 32u);
  EXPECT_EQ(certificate.fingerprint("sha-384")->digest.size(), 48u);
  EXPECT_EQ(certificate.fingerprint("sha-512")->digest.size(), 64u);
  EXPECT_FALSE(certificate.fingerprint("md5"));
}

// FIPS 180-2 appendix B.1.
TEST(DtlsCertificate, AFingerprintIsTheHashOfTheDer) {
  const Bytes digest = fingerprint_of(as_bytes("abc"), "sha-256")->digest;
  const Bytes expected = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                          0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                          0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  EXPECT_EQ(digest, expected);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::dtls
