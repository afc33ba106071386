#include "stack/turn/channel_data.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

TEST(TurnChannelData, Ts14_Layout) {
  EXPECT_EQ(encode_channel_data(0x4abc, as_bytes("hello")),
            (Bytes{0x4a, 0xbc, 0x00, 0x05, 'h', 'e', 'l', 'l', 'o'}));
  EXPECT_EQ(encode_channel_data(0x4000, {}), (Bytes{0x40, 0x00, 0x00, 0x00}));
}

TEST(TurnChannelData, Ts14_LengthExcludesPadding) {
  const Bytes padded{0x40, 0x01, 0x00, 0x01, 'x', 0xff, 0xff, 0xff};
  const auto message = ChannelData::parse(padded);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->number, 0x4001);
  EXPECT_EQ(as_text(message->payload), "x");
}

TEST(TurnChannelData, Ts14_WhatIsRefused) {
  EXPECT_FALSE(ChannelData::parse({}));
  EXPECT_FALSE(ChannelData::parse(Bytes{0x40, 0x00, 0x00}));
  EXPECT_FALSE(ChannelData::parse(Bytes{0x40, 0x00, 0x00, 0x02, 'x'}));
  EXPECT_FALSE(ChannelData::parse(Bytes{0x50, 0x00, 0x00, 0x00})) << "reserved (RFC 8656 §12)";
  EXPECT_FALSE(ChannelData::parse(Bytes{0x3f, 0xff, 0x00, 0x00}));
}

RC_GTEST_PROP(TurnChannelData, RoundTrip, ()) {
  const auto number = *rc::gen::inRange<std::uint16_t>(first_channel, last_channel + 1);
  const auto payload = *rc::gen::arbitrary<Bytes>();
  const Bytes bytes = encode_channel_data(number, payload);
  RC_ASSERT(ChannelData::matches(bytes));
  const auto message = ChannelData::parse(bytes);
  RC_ASSERT(message.has_value());
  RC_ASSERT(message->number == number);
  RC_ASSERT(Bytes(message->payload.begin(), message->payload.end()) == payload);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
