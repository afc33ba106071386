// RTP-08: retransmissions in a stream of their own.
#include "stack/rtp/retransmission.h"

#include <gtest/gtest.h>

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

constexpr RtxStream rtx = {.ssrc = 2, .payload_type = 97};
constexpr RtxStream media = {.ssrc = 1, .payload_type = 96};

TEST(Retransmission, Rtp08HasTheOriginalNumberBeforeThePayload) {
  const Header header = {.marker = true,
                         .payload_type = 96,
                         .sequence_number = 0xfffe,
                         .timestamp = 7,
                         .ssrc = 1,
                         .csrcs = {},
                         .extensions = {{3, {1}}}};
  const Bytes original = encode(header, Bytes{5, 6}, 4);
  const Bytes again = encode_rtx(*Packet::parse(original), rtx, 10);
  const auto packet = Packet::parse(again);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header.ssrc, 2U);
  EXPECT_EQ(packet->header.payload_type, 97);
  EXPECT_EQ(packet->header.sequence_number, 10);
  EXPECT_EQ(packet->header.timestamp, 7U);
  EXPECT_EQ(Bytes(packet->payload.begin(), packet->payload.end()), (Bytes{0xff, 0xfe, 5, 6}));
  const auto restored = restore_rtx(*packet, media);
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->header, header);
  EXPECT_EQ(Bytes(restored->payload.begin(), restored->payload.end()), (Bytes{5, 6}));
}

TEST(Retransmission, Rtp08ProbesRestoreNothing) {
  for (const Bytes& payload : {Bytes{}, Bytes{1}}) {
    const Bytes probe =
        encode({.payload_type = 97, .ssrc = 2, .csrcs = {}, .extensions = {}}, payload, 200);
    EXPECT_FALSE(restore_rtx(*Packet::parse(probe), media));
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
