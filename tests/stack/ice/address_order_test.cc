#include "stack/ice/address_order.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace natsim::ice::test {
namespace NATSIM_TEST_FILE {

std::vector<IpAddress> list(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : texts) addresses.push_back(IpAddress::parse(text).value());
  return addresses;
}

TEST(IceAddressOrder, Ice65_FamiliesTakeTurnsAndIpv6Begins) {
  EXPECT_EQ(interleaved(list({"192.0.2.1", "2001:db8::1"})), list({"2001:db8::1", "192.0.2.1"}));
  EXPECT_EQ(interleaved(list({"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"})),
            list({"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"}));
}

TEST(IceAddressOrder, Ice65_TheFewerOnesComeAfterEqualShares) {
  EXPECT_EQ(interleaved(list({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"})),
            list({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"}));
  EXPECT_EQ(
      interleaved(list(
          {"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "192.0.2.1", "192.0.2.2"})),
      list({"2001:db8::1", "2001:db8::2", "192.0.2.1", "2001:db8::3", "2001:db8::4", "192.0.2.2"}));
  EXPECT_EQ(interleaved(list({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"})),
            list({"2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}));
}

TEST(IceAddressOrder, Ice65_OneFamilyStaysAsItIs) {
  const auto alone = list({"192.0.2.2", "192.0.2.1"});
  EXPECT_EQ(interleaved(alone), alone);
  EXPECT_TRUE(interleaved({}).empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::ice::test
