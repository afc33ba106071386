// RTP-13: several payloads in one packet, on literal bytes.
#include "stack/rtp/red.h"

#include <gtest/gtest.h>

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

Bytes copy(ByteView view) { return {view.begin(), view.end()}; }

TEST(Red, Rtp13IsTheRfcsBytes) {
  // RFC 2198 §3: type 111, 960 earlier, 3 bytes (960 << 10 | 3 is 0x0f0003); then type 111.
  const Bytes before = {1, 2, 3};
  const Bytes now = {4, 5};
  const Bytes wire = {0x80 | 111, 0x0f, 0x00, 0x03, 111, 1, 2, 3, 4, 5};
  EXPECT_EQ(encode_red(std::vector<RedBlock>{{111, 960, before}, {111, 0, now}}), wire);
  const auto blocks = parse_red(wire);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0].payload_type, 111);
  EXPECT_EQ((*blocks)[0].age, 960);
  EXPECT_EQ(copy((*blocks)[0].data), before);
  EXPECT_EQ((*blocks)[1].payload_type, 111);
  EXPECT_EQ((*blocks)[1].age, 0);
  EXPECT_EQ(copy((*blocks)[1].data), now);
  // The last block is what is left, which may be nothing; all before it must be there.
  for (std::size_t size = 0; size < wire.size(); ++size) {
    EXPECT_EQ(parse_red(ByteView(wire).first(size)).has_value(), size >= 8) << size;
  }
}

TEST(Red, Rtp13OneBlockCostsOneByte) {
  const Bytes repair = {9, 8, 7};
  const Bytes wire = encode_red(std::vector<RedBlock>{{117, 0, repair}});
  EXPECT_EQ(wire, (Bytes{117, 9, 8, 7}));
  const auto blocks = parse_red(wire);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 1U);
  EXPECT_EQ(copy((*blocks)[0].data), repair);
}

TEST(Red, Rtp13TheLargestAgeAndBlockFit) {
  const Bytes large(most_red_block, 5);
  const Bytes wire = encode_red(std::vector<RedBlock>{{127, most_red_age, large}, {0, 0, {}}});
  EXPECT_EQ(Bytes(wire.begin(), wire.begin() + 5), (Bytes{0xff, 0xff, 0xff, 0xff, 0}));
  const auto blocks = parse_red(wire);
  ASSERT_TRUE(blocks);
  EXPECT_EQ((*blocks)[0].age, most_red_age);
  EXPECT_EQ((*blocks)[0].data.size(), most_red_block);
  EXPECT_TRUE((*blocks)[1].data.empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
