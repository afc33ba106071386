// What a capture may show of media whose keys were told.
#include "sim/record/media_decryption.h"

#include <string>

#include <gtest/gtest.h>

#include "sim/net/wire.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

constexpr std::string_view client_key =
    "000102030405060708090a0b0c0d0e0f"
    "a0a1a2a3a4a5a6a7a8a9aaab";
constexpr std::string_view server_key =
    "101112131415161718191a1b1c1d1e1f"
    "b0b1b2b3b4b5b6b7b8b9babb";

srtp::MasterKey key(std::uint8_t first, std::uint8_t salt) {
  srtp::MasterKey made;
  for (std::uint8_t i = 0; i < 16; ++i) made.key.push_back(static_cast<std::uint8_t>(first + i));
  for (std::uint8_t i = 0; i < 12; ++i) made.salt.push_back(static_cast<std::uint8_t>(salt + i));
  return made;
}

class Decryption : public testing::Test {
 protected:
  Decryption()
      : client_(std::move(srtp::Session::of_client(
                              {srtp::Profile::aead_aes_128_gcm, key(0, 0xa0), key(0x10, 0xb0)})
                              .value())) {}

  void learn() {
    const core::Field fields[] = {{"profile", std::string_view("SRTP_AEAD_AES_128_GCM")},
                                  {"client", client_key},
                                  {"server", server_key}};
    decryption_.learn({.at = Time{}, .agent = 1, .kind = "srtp.keys", .fields = fields});
  }
  // RTP with the sequence number, as sent; the clear one beside it.
  Bytes sealed(std::uint8_t number, std::size_t size = 40) {
    clear_ = Bytes(size, 7);
    const std::uint8_t header[] = {0x80, 96, 0, number, 0, 0, 0, 1, 0, 0, 0, 9};
    std::copy(std::begin(header), std::end(header), clear_.begin());
    Bytes packet = clear_;
    EXPECT_EQ(client_.protect_rtp(packet), srtp::Outcome::done);
    return packet;
  }
  Bytes datagram(ByteView payload) {
    const Endpoint from{IpAddress::v4(192, 0, 2, 1), 5000};
    const Endpoint to{IpAddress::v4(192, 0, 2, 2), 6000};
    const ByteView made = net::make_udp(pool_, from, to, payload)->datagram();
    return {made.begin(), made.end()};
  }
  std::optional<ClearMedia> decrypt(ByteView payload, Time now = Time{}) {
    return decryption_.decrypt(now, datagram(payload));
  }

  net::PacketPool pool_;
  srtp::Session client_;
  MediaDecryption decryption_;
  Bytes clear_;
};

TEST_F(Decryption, WhatAKeyFitsIsTheDatagramOfTheClearPacket) {
  EXPECT_FALSE(decrypt(sealed(1)));
  learn();
  const auto shown = decrypt(sealed(2));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->datagram, datagram(clear_));
  EXPECT_EQ(shown->taken_off, 16U);
  EXPECT_FALSE(shown->rtcp);
}

TEST_F(Decryption, APacketMayBeShownAgainForATime) {
  learn();
  const Bytes packet = sealed(1);
  const Bytes first = clear_;
  ASSERT_TRUE(decrypt(packet));
  ASSERT_TRUE(decrypt(sealed(2)));
  const auto again = decrypt(packet, Time{} + MediaDecryption::kept_for);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->datagram, datagram(first));
  EXPECT_FALSE(decrypt(packet, Time{} + MediaDecryption::kept_for + nanoseconds(1)));
}

TEST_F(Decryption, ChannelDataIsOpenedToo) {
  learn();
  const auto in_channel = [](const Bytes& packet) {
    Bytes message;
    ByteWriter out(message);
    out.u16(0x4001);
    out.u16(static_cast<std::uint16_t>(packet.size()));
    out.bytes(packet);
    return message;
  };
  const auto shown = decrypt(in_channel(sealed(1)));
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->datagram, datagram(in_channel(clear_)));
}

TEST_F(Decryption, OtherPacketsAreNotTouched) {
  learn();
  Bytes spoiled = sealed(1);
  spoiled[20] ^= 1;
  EXPECT_FALSE(decrypt(spoiled));
  EXPECT_FALSE(decrypt(as_bytes("no media")));
  EXPECT_FALSE(decrypt(Bytes(3, 0x80)));
  EXPECT_FALSE(decrypt(Bytes()));
  EXPECT_FALSE(decryption_.decrypt(Time{}, Bytes(5)));
  // TURN's header says more than there is.
  EXPECT_FALSE(decrypt(Bytes{0x40, 0x01, 0x00, 0x20, 0x80}));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
