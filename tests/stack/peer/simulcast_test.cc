#include "stack/peer/simulcast.h"

#include <gtest/gtest.h>

namespace natsim::peer {
namespace NATSIM_TEST_FILE {

using Shares = std::vector<std::uint64_t>;

TEST(Simulcast, SDP24_EachSizeIsHalfOfTheNextUnlessItIsSaid) {
  const std::vector<SendEncoding> plain = {{.rid = "q"}, {.rid = "h"}, {.rid = "f"}};
  EXPECT_EQ(resolution_of(plain, 0, {1280, 720}), (media::Resolution{320, 180}));
  EXPECT_EQ(resolution_of(plain, 1, {1280, 720}), (media::Resolution{640, 360}));
  EXPECT_EQ(resolution_of(plain, 2, {1280, 720}), (media::Resolution{1280, 720}));
  const std::vector<SendEncoding> said = {{.rid = "f"},
                                          {.rid = "q", .scale_resolution_down_by = 4}};
  EXPECT_EQ(resolution_of(said, 0, {1280, 720}), (media::Resolution{1280, 720}));
  EXPECT_EQ(resolution_of(said, 1, {1280, 720}), (media::Resolution{320, 180}));
  EXPECT_EQ(resolution_of(said, 1, {50, 46}), (media::Resolution{16, 16}));  // 12 by 11
}

TEST(Simulcast, SDP24_TheSmallestGetsItsShareFirst) {
  const EncodingRates small = simulcast_rates({320, 180});
  const EncodingRates middle = simulcast_rates({640, 360});
  const EncodingRates large = simulcast_rates({1280, 720});
  EXPECT_EQ(small, (EncodingRates{30'000, 150'000, 200'000}));
  const std::vector<Layer> on = {{small}, {middle}, {large}};
  EXPECT_EQ(allocate(on, 10'000), (Shares{10'000, 0, 0}));
  EXPECT_EQ(allocate(on, 150'000), (Shares{150'000, 0, 0}));
  EXPECT_EQ(allocate(on, 299'999), (Shares{200'000, 0, 0}));  // its most
  EXPECT_EQ(allocate(on, 300'000), (Shares{150'000, 150'000, 0}));
  EXPECT_EQ(allocate(on, 1'249'999), (Shares{150'000, 700'000, 0}));
  EXPECT_EQ(allocate(on, 1'250'000), (Shares{150'000, 500'000, 600'000}));
  EXPECT_EQ(allocate(on, 9'000'000), (Shares{150'000, 500'000, 2'500'000}));
  EXPECT_EQ(allocate({}, 9'000'000), Shares{});
}

TEST(Simulcast, SDP24_AStreamComesBackWithAFifthMoreThanItsLeast) {
  const EncodingRates small = simulcast_rates({320, 180});
  const EncodingRates middle = simulcast_rates({640, 360});
  const std::vector<Layer> off = {{small}, {middle, false}};
  EXPECT_EQ(allocate(off, 329'999), (Shares{200'000, 0}));
  EXPECT_EQ(allocate(off, 330'000), (Shares{150'000, 180'000}));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::peer
