#include "sim/nat/port_set.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

TEST(PortSet, NextFreeGoesUpwardsAndAround) {
  PortSet set;
  const PortRange range{4000, 4100};
  EXPECT_EQ(set.next_free(4050, range), 4050);
  for (std::uint16_t p = 4050; p <= 4100; ++p) set.take(p);
  EXPECT_EQ(set.next_free(4050, range), 4000);
  for (std::uint16_t p = 4000; p < 4050; ++p) set.take(p);
  EXPECT_EQ(set.next_free(4050, range), std::nullopt);
  set.release(4070);
  EXPECT_EQ(set.next_free(4100, range), 4070);
  EXPECT_EQ(set.taken(), 100U);
}

TEST(PortSet, WholeRangeOfPorts) {
  PortSet set;
  const PortRange all{1, 65535};
  EXPECT_EQ(set.nth_free(0, all), 1);
  EXPECT_EQ(set.nth_free(65534, all), 65535);
  for (std::uint32_t p = 1; p <= 65535; ++p) set.take(static_cast<std::uint16_t>(p));
  EXPECT_EQ(set.next_free(30000, all), std::nullopt);
  set.release(65535);
  EXPECT_EQ(set.next_free(1, all), 65535);
  EXPECT_EQ(set.nth_free(0, all), 65535);
}

// Against a model: an ordered set of the free ports.
TEST(PortSet, AgreesWithAModel) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint16_t>& toggles) {
    const auto first = *rc::gen::inRange<std::uint16_t>(1, 65535);
    const auto last = *rc::gen::inRange<std::uint16_t>(
        first, static_cast<std::uint16_t>(std::min(65535, first + 300)));
    const PortRange range{first, last};
    std::set<std::uint16_t> free;
    for (std::uint32_t p = first; p <= last; ++p) free.insert(static_cast<std::uint16_t>(p));
    PortSet set;
    for (const std::uint16_t raw : toggles) {
      const auto port = static_cast<std::uint16_t>(first + raw % range.size());
      if (set.contains(port)) {
        set.release(port);
        free.insert(port);
      } else {
        set.take(port);
        free.erase(port);
      }
      const auto above = free.lower_bound(port);
      const auto next = set.next_free(port, range);
      if (free.empty()) {
        RC_ASSERT(!next);
        continue;
      }
      RC_ASSERT(next == (above == free.end() ? *free.begin() : *above));
      const auto rank = raw % free.size();
      RC_ASSERT(set.nth_free(static_cast<std::uint32_t>(rank), range) ==
                *std::next(free.begin(), static_cast<std::ptrdiff_t>(rank)));
    }
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
