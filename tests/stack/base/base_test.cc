#include <cmath>

#include <gtest/gtest.h>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim {
namespace NATSIM_TEST_FILE {

TEST(Duration, PrintsTheLargestUnitThatFits) {
  EXPECT_EQ(to_string(milliseconds(1500)), "1.5s");
  EXPECT_EQ(to_string(milliseconds(20)), "20ms");
  EXPECT_EQ(to_string(microseconds(-350)), "-350us");
  EXPECT_EQ(to_string(nanoseconds(1'000'000'001)), "1.000000001s");
  EXPECT_EQ(to_string(Duration{}), "0s");
}

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(to_string(IpAddress::v4(192, 0, 2, 1)), "192.0.2.1");
  EXPECT_EQ(to_string(IpAddress::parse("2001:db8::1").value()), "2001:db8::1");
  EXPECT_TRUE(IpAddress::parse("192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress::parse("192.0.2").has_value());
  EXPECT_FALSE(IpAddress::parse("192.0.2.256").has_value());
  EXPECT_FALSE(IpAddress::parse("").has_value());
}

TEST(IpAddress, KnowsItsScope) {
  for (const char* text : {"10.1.2.3", "172.16.0.1", "192.168.1.5", "100.64.0.1", "fd00::1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_private()) << text;
  }
  for (const char* text : {"172.32.0.1", "100.128.0.1", "203.0.113.7", "2001:db8::1"}) {
    EXPECT_FALSE(IpAddress::parse(text)->is_private()) << text;
  }
  EXPECT_TRUE(IpAddress::parse("fe80::1")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("239.255.255.250")->is_multicast());
}

TEST(Endpoint, RoundTrips) {
  for (const char* text : {"192.0.2.1:3478", "[2001:db8::1]:5349"}) {
    EXPECT_EQ(to_string(Endpoint::parse(text).value()), text);
  }
  for (const char* text : {"2001:db8::1:5", "[192.0.2.1]:5", "192.0.2.1:65536", "192.0.2.1:"}) {
    EXPECT_FALSE(Endpoint::parse(text).has_value()) << text;
  }
}

TEST(Prefix, ContainsByItsOwnFamily) {
  const Prefix ten = Prefix::parse("10.0.0.0/8").value();
  EXPECT_TRUE(ten.contains(IpAddress::v4(10, 255, 0, 1)));
  EXPECT_FALSE(ten.contains(IpAddress::v4(11, 0, 0, 1)));
  EXPECT_FALSE(Prefix::parse("::/0")->contains(IpAddress::v4(10, 0, 0, 1)));
  EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(IpAddress::v4(10, 0, 0, 1)));
  EXPECT_TRUE(Prefix::parse("2001:db8::/32")->contains(IpAddress::parse("2001:db8:1::").value()));
  EXPECT_FALSE(Prefix::parse("10.0.0.1/8").has_value());
}

TEST(ByteReader, NeverReadsPastTheEnd) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u32(), std::nullopt);
  EXPECT_EQ(reader.u8(), 3);
  EXPECT_EQ(reader.u8(), std::nullopt);
}

// xoshiro256** seeded by SplitMix64 from 0: the first state word is SplitMix64's published first
// output for seed 0, and the first draw follows from the published recurrence.
TEST(Random, FollowsItsDefinition) {
  Random random(0);
  const std::uint64_t s1 = 0x6e789e6aa1b965f4ULL;  // SplitMix64's second output for seed 0
  const std::uint64_t product = s1 * 5;
  EXPECT_EQ(random.next(), (product << 7 | product >> 57) * 9);
}

TEST(Random, SplitsByNameAndNotByHistory) {
  Random a(7);
  Random b(7);
  b.next();
  EXPECT_EQ(a.split("loss").next(), b.split("loss").next());
  EXPECT_NE(a.split("loss").next(), a.split("jitter").next());
  EXPECT_NE(a.split(1).next(), a.split(2).next());
}

TEST(Random, BelowIsUniform) {
  Random random(1);
  std::array<int, 6> counts{};
  const int draws = 60'000;
  for (int i = 0; i < draws; ++i) ++counts[random.below(6)];
  // Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand.
  double chi2 = 0;
  for (const int count : counts) {
    const double delta = count - draws / 6.0;
    chi2 += delta * delta / (draws / 6.0);
  }
  EXPECT_LT(chi2, 20.5);
}

TEST(Random, DistributionsHaveTheirMoments) {
  Random random(2);
  const int draws = 200'000;
  double sum = 0;
  double squares = 0;
  double exponentials = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    exponentials += random.exponential();
  }
  // Four standard errors of each mean.
  EXPECT_NEAR(sum / draws, 0.0, 4 / std::sqrt(draws));
  EXPECT_NEAR(squares / draws, 1.0, 4 * std::sqrt(2.0 / draws));
  EXPECT_NEAR(exponentials / draws, 1.0, 4 / std::sqrt(draws));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim
