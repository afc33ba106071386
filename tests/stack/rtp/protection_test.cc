// RTP-13: how much a sender protects, and which packets together.
#include "stack/rtp/protection.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "stack/rtp/opus.h"
#include "stack/rtp/packet.h"
#include "stack/rtp/protector.h"
#include "stack/rtp/ulpfec.h"

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

constexpr Time start = Time{} + seconds(100);

TEST(ProtectionControl, Rtp13TwiceTheHighestLossOfTenSeconds) {
  ProtectionControl control;
  EXPECT_FALSE(control.rate().on());
  control.report(0, milliseconds(50), true, start);
  EXPECT_FALSE(control.rate().on());
  control.report(13, milliseconds(50), true, start + seconds(1));
  EXPECT_EQ(control.rate().share, 26);
  EXPECT_EQ(control.rate().key_share, 52);
  EXPECT_EQ(control.rate().span, milliseconds(100));
  control.report(0, milliseconds(150), true, start + seconds(11));
  EXPECT_EQ(control.rate().share, 26);
  EXPECT_EQ(control.rate().span, milliseconds(200));  // not 300
  control.report(0, milliseconds(150), true, start + seconds(11) + nanoseconds(1));
  EXPECT_FALSE(control.rate().on());
  control.report(255, milliseconds(150), true, start + seconds(12));
  EXPECT_EQ(control.rate().share, 128);
  EXPECT_EQ(control.rate().key_share, 128);
}

TEST(ProtectionControl, Rtp13NothingWhereItIsSentAgainAtOnce) {
  ProtectionControl control;
  control.report(26, milliseconds(19), true, start);
  EXPECT_FALSE(control.rate().on());
  control.report(26, milliseconds(19), false, start);
  EXPECT_TRUE(control.rate().on());
  control.report(26, milliseconds(20), true, start);
  EXPECT_TRUE(control.rate().on());
}

// Frames that are protected as they are sent, 33 ms apart.
class Protected : public testing::Test {
 protected:
  // The numbers that the repairs behind the frame are for.
  std::vector<std::vector<std::uint16_t>> frame(int packets, bool key = false) {
    std::vector<std::vector<std::uint16_t>> numbers;
    for (int i = 0; i < packets; ++i) {
      const bool last = i + 1 == packets;
      const Bytes packet = encode({.marker = last, .sequence_number = number++}, Bytes(10));
      for (const Repair& repair : protector.add(packet, {.key = key, .ends_frame = last}, now)) {
        numbers.push_back(repair.numbers);
      }
    }
    now += milliseconds(33);
    return numbers;
  }

  using Groups = std::vector<std::vector<std::uint16_t>>;
  Protector protector{ulpfec_reach};
  std::uint16_t number = 65'534;
  Time now = start;
};

TEST_F(Protected, Rtp13NothingWithoutALoss) { EXPECT_TRUE(frame(5).empty()); }

TEST_F(Protected, Rtp13LargeFramesHaveRepairsOfTheirOwn) {
  // A tenth of ten is one, a fifth two, whose packets take turns.
  protector.set_rate({.share = 26, .key_share = 51, .span = milliseconds(200)});
  EXPECT_EQ(frame(10), (Groups{{65'534, 65'535, 0, 1, 2, 3, 4, 5, 6, 7}}));
  EXPECT_EQ(frame(10, true), (Groups{{8, 10, 12, 14, 16}, {9, 11, 13, 15, 17}}));
}

TEST_F(Protected, Rtp13SmallFramesShareARepair) {
  // At least one repair for a group: of 3 packets it would be 85 of 256 where 26 are wanted, of 4
  // it is 64, which is less than 50 above that.
  protector.set_rate({.share = 26, .key_share = 51, .span = milliseconds(200)});
  EXPECT_TRUE(frame(1).empty());
  EXPECT_TRUE(frame(2).empty());
  EXPECT_EQ(frame(1), (Groups{{65'534, 65'535, 0, 1}}));
}

TEST_F(Protected, Rtp13NoneWaitsLongerThanTheSpan) {
  protector.set_rate({.share = 1, .key_share = 2, .span = milliseconds(66)});
  EXPECT_TRUE(frame(1).empty());
  EXPECT_TRUE(frame(1).empty());
  EXPECT_EQ(frame(1), (Groups{{65'534, 65'535, 0}}));
}

TEST_F(Protected, Rtp13AGroupEndsWhereARepairsReachDoes) {
  protector.set_rate({.share = 3, .key_share = 6, .span = milliseconds(200)});
  const Groups groups = frame(60);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].size(), 48U);
  EXPECT_EQ(groups[1].size(), 12U);
  EXPECT_EQ(groups[0].back() + 1, groups[1].front());
}

// RFC 6716 §4.2.3: hybrid and SILK have flags of voice and of redundancy first.
TEST(Opus, Rtp13InBandFecIsTold) {
  EXPECT_TRUE(has_in_band_fec(Bytes{15 << 3, 0x40}));
  EXPECT_FALSE(has_in_band_fec(Bytes{15 << 3, 0x80}));
  EXPECT_FALSE(has_in_band_fec(Bytes{16 << 3, 0x40}));      // CELT
  EXPECT_FALSE(has_in_band_fec(Bytes{15 << 3 | 3, 0x40}));  // several frames
  EXPECT_FALSE(has_in_band_fec(Bytes{15 << 3}));
  EXPECT_FALSE(has_in_band_fec(Bytes{}));
  EXPECT_TRUE(has_in_band_fec(Bytes{11 << 3, 0x10}));      // 60 ms: three flags of voice before
  EXPECT_FALSE(has_in_band_fec(Bytes{11 << 3, 0x40}));     // the second of them
  EXPECT_TRUE(has_in_band_fec(Bytes{15 << 3 | 4, 0x10}));  // the second channel's
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
