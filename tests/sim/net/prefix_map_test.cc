#include "sim/net/prefix_map.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace natsim::net {
namespace NATSIM_TEST_FILE {

TEST(PrefixMap, TheLongestPrefixWins) {
  PrefixMap<int> map;
  map.add(*Prefix::parse("0.0.0.0/0"), 1);
  map.add(*Prefix::parse("10.0.0.0/8"), 2);
  map.add(*Prefix::parse("10.1.2.3/32"), 3);
  EXPECT_EQ(*map.find(*IpAddress::parse("10.1.2.3")), 3);
  EXPECT_EQ(*map.find(*IpAddress::parse("10.1.2.4")), 2);
  EXPECT_EQ(*map.find(*IpAddress::parse("11.1.2.4")), 1);
  EXPECT_EQ(map.find(*IpAddress::parse("2001:db8::1")), nullptr);
}

TEST(PrefixMap, TheFirstValueOfAPrefixStays) {
  PrefixMap<int> map;
  map.add(*Prefix::parse("10.0.0.0/8"), 1);
  map.add(*Prefix::parse("10.0.0.0/8"), 2);
  EXPECT_EQ(*map.find(*IpAddress::parse("10.0.0.1")), 1);
}

// Few prefixes and many are kept in different ways, and both are as a plain search has it.
RC_GTEST_PROP(PrefixMap, FindsWhatASearchOfAllFinds, ()) {
  const auto address = [] {
    const auto bits = *rc::gen::arbitrary<std::uint32_t>();
    // Few distinct high bits, so that prefixes nest.
    const std::uint32_t near = (bits & 0xc000'0003U) | (bits & 0x0000'3000U);
    return *rc::gen::arbitrary<bool>() ? IpAddress::v4(near)
                                       : IpAddress::v6(std::uint64_t{near} << 32, bits & 3U);
  };
  PrefixMap<std::size_t> map;
  std::vector<Prefix> all;
  const auto count = *rc::gen::inRange(0, 30);
  for (int i = 0; i < count; ++i) {
    const IpAddress of = address();
    const auto length = static_cast<std::uint8_t>(*rc::gen::inRange(0, of.is_v4() ? 33 : 129));
    const Prefix prefix = Prefix::of(of, length);
    map.add(prefix, all.size());
    all.push_back(prefix);
  }
  const IpAddress sought = address();
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool holds = sought.family() == all[i].network.family() &&
                       Prefix::of(sought, all[i].length).network == all[i].network;
    if (holds && (!best || all[i].length > all[*best].length)) best = i;
  }
  const std::size_t* const found = map.find(sought);
  RC_ASSERT((found != nullptr) == best.has_value());
  if (best) RC_ASSERT(*found == *best);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
