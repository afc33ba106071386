// What the two ends of an association make of each other's packets.
#include "stack/srtp/session.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/stack/srtp/packets.h"

namespace natsim::srtp {
namespace NATSIM_TEST_FILE {

struct Ends {
  explicit Ends(Profile profile = Profile::aes128_cm_sha1_80)
      : client(std::move(Session::of_client(keys_for(profile)).value())),
        server(std::move(Session::of_server(keys_for(profile)).value())) {}
  Bytes protected_rtp(std::uint16_t sequence, std::uint32_t ssrc = 0xcafe) {
    Bytes packet = rtp(sequence, ssrc);
    EXPECT_EQ(client.protect_rtp(packet), Outcome::done);
    return packet;
  }
  Outcome at_server(Bytes packet) { return server.unprotect_rtp(packet); }

  Session client;
  Session server;
};

class EveryProfile : public testing::TestWithParam<Profile> {};
INSTANTIATE_TEST_SUITE_P(Srtp, EveryProfile,
                         testing::Values(Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32,
                                         Profile::aead_aes_128_gcm, Profile::aead_aes_256_gcm));

TEST_P(EveryProfile, Srtp04PacketsComeThroughBothWaysWithTheirTags) {
  Ends ends(GetParam());
  const bool gcm = salt_length(GetParam()) == 12;
  const std::size_t rtp_tag = gcm ? 16 : GetParam() == Profile::aes128_cm_sha1_32 ? 4 : 10;
  const std::size_t rtcp_tag = gcm ? 16 : 10;
  for (const bool upwards : {true, false}) {
    Session& from = upwards ? ends.client : ends.server;
    Session& to = upwards ? ends.server : ends.client;
    Bytes media = rtp(1);
    ASSERT_EQ(from.protect_rtp(media), Outcome::done);
    EXPECT_EQ(media.size(), rtp(1).size() + rtp_tag);
    ASSERT_EQ(to.unprotect_rtp(media), Outcome::done);
    EXPECT_EQ(media, rtp(1));
    Bytes report = rtcp();
    ASSERT_EQ(from.protect_rtcp(report), Outcome::done);
    // The word with the E bit and the index goes before or behind the tag.
    EXPECT_EQ(report.size(), rtcp().size() + rtcp_tag + 4);
    ASSERT_EQ(to.unprotect_rtcp(report), Outcome::done);
    EXPECT_EQ(report, rtcp());
  }
}

TEST_P(EveryProfile, Srtp07ChosenHeaderExtensionsAreHidden) {
  const MasterKeys keys = keys_for(GetParam());
  auto sender = Session::create(GetParam(), keys.client, keys.server, {2});
  auto receiver = Session::create(GetParam(), keys.server, keys.client, {2});
  ASSERT_TRUE(sender.ok() && receiver.ok());
  // Elements 1 and 2 of four bytes each, then two of padding (RFC 8285 §4.2).
  const Bytes packet = from_hex(
      "906000010000000000001234 bede0003 13aabbccdd 23aabbccdd 0000"
      "0102030405060708");
  Bytes bytes = packet;
  ASSERT_EQ(sender.value().protect_rtp(bytes), Outcome::done);
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 22), Bytes(packet.begin(), packet.begin() + 22));
  EXPECT_NE(Bytes(bytes.begin() + 22, bytes.begin() + 26), from_hex("aabbccdd"));
  EXPECT_EQ(Bytes(bytes.begin() + 26, bytes.begin() + 28), from_hex("0000"));
  ASSERT_EQ(receiver.value().unprotect_rtp(bytes), Outcome::done);
  EXPECT_EQ(bytes, packet);
}

TEST_P(EveryProfile, PlainPacketsAreAsLargeAndReadable) {
  Ends ends(GetParam());
  Session plain = Session::plain(GetParam());
  Bytes media = rtp(1);
  Bytes real = rtp(1);
  ASSERT_EQ(ends.client.protect_rtp(real), Outcome::done);
  // It is not of a plain session.
  EXPECT_EQ(plain.unprotect_rtp(real), Outcome::unauthenticated);
  real = rtp(2);
  ASSERT_EQ(ends.client.protect_rtp(real), Outcome::done);
  ASSERT_EQ(plain.protect_rtp(media), Outcome::done);
  EXPECT_EQ(media.size(), real.size());
  const Bytes clear = rtp(1);
  EXPECT_TRUE(std::equal(clear.begin(), clear.end(), media.begin()));
  // Twice: there is no replay.
  for (int i = 0; i < 2; ++i) {
    Bytes copy = media;
    ASSERT_EQ(plain.unprotect_rtp(copy), Outcome::done);
    EXPECT_EQ(copy, rtp(1));
  }
  EXPECT_EQ(ends.server.unprotect_rtp(media), Outcome::unauthenticated);
  Bytes report = rtcp();
  real = rtcp();
  ASSERT_EQ(ends.client.protect_rtcp(real), Outcome::done);
  ASSERT_EQ(plain.protect_rtcp(report), Outcome::done);
  EXPECT_EQ(report.size(), real.size());
  ASSERT_EQ(plain.unprotect_rtcp(report), Outcome::done);
  EXPECT_EQ(report, rtcp());
  Bytes too_short = Bytes(11);
  EXPECT_EQ(plain.protect_rtp(too_short), Outcome::malformed);
  too_short = Bytes(8);
  EXPECT_EQ(plain.unprotect_rtcp(too_short), Outcome::malformed);
}

TEST_P(EveryProfile, AnyBitSpoiledIsUnauthenticatedAndChangesNothing) {
  Ends ends(GetParam());
  const Bytes sound = ends.protected_rtp(1);
  for (std::size_t at = 2; at < sound.size(); ++at) {
    Bytes spoiled = sound;
    spoiled[at] ^= 1;
    EXPECT_NE(ends.at_server(spoiled), Outcome::done) << at;
  }
  EXPECT_EQ(ends.at_server(sound), Outcome::done);
}

TEST(Srtp, Srtp03AReplayedPacketIsTold) {
  Ends ends;
  const Bytes packet = ends.protected_rtp(1);
  EXPECT_EQ(ends.at_server(packet), Outcome::done);
  EXPECT_EQ(ends.at_server(packet), Outcome::replayed);
  Bytes report = rtcp();
  ASSERT_EQ(ends.client.protect_rtcp(report), Outcome::done);
  Bytes again = report;
  EXPECT_EQ(ends.server.unprotect_rtcp(report), Outcome::done);
  EXPECT_EQ(ends.server.unprotect_rtcp(again), Outcome::replayed);
}

TEST(Srtp, Srtp03BehindTheWindowIsTooOld) {
  Ends ends;
  std::vector<Bytes> packets;
  const auto count = static_cast<std::uint16_t>(Session::replay_window + 1);
  for (std::uint16_t sequence = 0; sequence < count; ++sequence) {
    packets.push_back(ends.protected_rtp(sequence));
  }
  EXPECT_EQ(ends.at_server(packets.back()), Outcome::done);
  EXPECT_EQ(ends.at_server(packets[0]), Outcome::too_old);
  EXPECT_EQ(ends.at_server(packets[1]), Outcome::done);
}

TEST(Srtp, Srtp09TheSameNumberIsNotProtectedTwice) {
  Ends ends(Profile::aead_aes_128_gcm);
  ends.protected_rtp(1);
  Bytes again = rtp(1, 0xcafe, "other");
  EXPECT_EQ(ends.client.protect_rtp(again), Outcome::replayed);
}

TEST(Srtp, Srtp08StreamsComeUpOnDemand) {
  Ends ends;
  for (std::uint32_t ssrc = 1; ssrc <= 100; ++ssrc) {
    EXPECT_EQ(ends.at_server(ends.protected_rtp(1, ssrc)), Outcome::done);
  }
}

TEST(Srtp, Srtp08TheTwoDirectionsHaveTheirOwnKeys) {
  Ends ends;
  Bytes own = ends.protected_rtp(1);
  EXPECT_EQ(ends.client.unprotect_rtp(own), Outcome::unauthenticated);
}

TEST(Srtp, TooShortIsMalformed) {
  Ends ends;
  for (std::size_t length = 0; length < 12; ++length) {
    Bytes bytes(length, 0x80);
    EXPECT_EQ(ends.server.unprotect_rtp(bytes), Outcome::malformed);
    bytes.resize(std::min<std::size_t>(length, 7));
    EXPECT_EQ(ends.server.unprotect_rtcp(bytes), Outcome::malformed);
  }
}

TEST(Srtp, WrongKeyLengthsAreAnError) {
  const MasterKeys keys = keys_for(Profile::aes128_cm_sha1_80);
  const auto made = Session::create(Profile::aead_aes_256_gcm, keys.client, keys.server);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(), "SRTP_AEAD_AES_256_GCM needs a key of 32 and a salt of 12 bytes");
  EXPECT_FALSE(cut_exported(Profile::aes128_cm_sha1_80, Bytes(59)));
}

TEST(Srtp, Srtp02AWrapSeenByBothGoesOn) {
  Ends ends;
  for (std::uint32_t index = 65530; index < 65545; ++index) {
    const auto sequence = static_cast<std::uint16_t>(index);
    EXPECT_EQ(ends.at_server(ends.protected_rtp(sequence)), Outcome::done) << index;
  }
}

TEST(Srtp, Srtp10DisorderAcrossTheWrapComesThrough) {
  Ends ends;
  std::vector<Bytes> packets;
  for (std::uint32_t index = 65534; index < 65540; ++index) {
    packets.push_back(ends.protected_rtp(static_cast<std::uint16_t>(index)));
  }
  for (const std::size_t at : {0u, 3u, 1u, 5u, 2u, 4u}) {
    EXPECT_EQ(ends.at_server(packets[at]), Outcome::done) << at;
  }
}

// The receiver's counter is 0 when the first packet that it sees was sent with 1.
TEST(Srtp, Srtp10AStreamWhoseFirstWrapIsMissedIsLost) {
  Ends ends;
  for (std::uint32_t index = 65530; index < 65536; ++index) {
    ends.protected_rtp(static_cast<std::uint16_t>(index));
  }
  for (std::uint16_t sequence = 0; sequence < 5; ++sequence) {
    EXPECT_EQ(ends.at_server(ends.protected_rtp(sequence)), Outcome::unauthenticated);
  }
}

// Of six packets before the wrap one is enough.
TEST(Srtp, Srtp10OnePacketBeforeTheWrapIsEnough) {
  Ends ends;
  Bytes last;
  for (std::uint32_t index = 65530; index < 65536; ++index) {
    last = ends.protected_rtp(static_cast<std::uint16_t>(index));
  }
  EXPECT_EQ(ends.at_server(last), Outcome::done);
  EXPECT_EQ(ends.at_server(ends.protected_rtp(0)), Outcome::done);
}

TEST(Srtp, ManyThreadsMayBeginAtOnce) {
  std::vector<int> done(4);
  std::vector<std::thread> threads;
  for (int& each : done) {
    threads.emplace_back([&each] {
      Ends ends;
      for (std::uint16_t i = 0; i < 50; ++i) {
        each += ends.at_server(ends.protected_rtp(i)) == Outcome::done ? 1 : 0;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(done, (std::vector<int>(4, 50)));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::srtp
