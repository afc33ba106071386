// group, mid, setup, fingerprint, ice-options.
#include "stack/sdp/transport_attributes.h"

#include <gtest/gtest.h>

namespace natsim::sdp {
namespace NATSIM_TEST_FILE {

TEST(Groups, SDP16_NameTheirSections) {
  EXPECT_EQ(parse_group("BUNDLE 0 audio"), (Group{"BUNDLE", {"0", "audio"}}));
  EXPECT_EQ(to_string(*parse_group("BUNDLE")), "BUNDLE");
  EXPECT_EQ(to_string(*parse_group("LS a b")), "LS a b");
  EXPECT_FALSE(parse_group(""));
}

TEST(Mids, SDP23_FitIntoAOneByteHeaderExtension) {
  EXPECT_TRUE(is_mid("0123456789abcdef"));
  EXPECT_FALSE(is_mid("0123456789abcdef0"));
  EXPECT_FALSE(is_mid(""));
  EXPECT_FALSE(is_mid("a b"));
}

TEST(Setups, SDP18_AreAnswered) {
  EXPECT_EQ(answer_to(Setup::actpass), Setup::active);
  EXPECT_EQ(answer_to(Setup::passive), Setup::active);
  EXPECT_EQ(answer_to(Setup::active), Setup::passive);
  EXPECT_EQ(answer_to(Setup::holdconn), std::nullopt);
  for (const char* text : {"active", "passive", "actpass", "holdconn"}) {
    EXPECT_EQ(to_string(parse_setup(text).value()), text);
  }
  EXPECT_FALSE(parse_setup("Active"));
}

TEST(Fingerprints, SDP19_AreOfAnyHashOfItsLength) {
  const auto fingerprint =
      parse_fingerprint("SHA-1 4a:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB");
  ASSERT_TRUE(fingerprint);
  EXPECT_EQ(fingerprint->hash, "sha-1");
  EXPECT_EQ(fingerprint->digest.size(), 20U);
  EXPECT_EQ(fingerprint->digest[0], 0x4a);
  EXPECT_EQ(to_string(*fingerprint),
            "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB");
  EXPECT_TRUE(parse_fingerprint("sha-3000 00:01"));  // nothing is known of it
  for (const char* text : {"", "sha-256", "sha-256 00:01", "sha-3000 0", "sha-3000 00:", "x 00-01",
                           "x 00:0g", "x 00:01 y"}) {
    EXPECT_FALSE(parse_fingerprint(text)) << text;
  }
}

TEST(IceOptions, SDP21_AreAList) {
  EXPECT_EQ(parse_ice_options("trickle ice2 renomination"),
            (std::vector<std::string>{"trickle", "ice2", "renomination"}));
  EXPECT_TRUE(parse_ice_options("").empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sdp
