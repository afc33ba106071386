// IPv4 addresses inside IPv6 addresses (RFC 6052).
#include "stack/base/embedded_address.h"

#include <utility>

#include <gtest/gtest.h>

namespace natsim {
namespace NATSIM_TEST_FILE {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

// RFC 6052 §2.4.
TEST(EmbeddedAddress, StandsWhereTheRfcShowsIt) {
  const IpAddress v4 = ip("192.0.2.33");
  const std::pair<const char*, const char*> rows[] = {
      {"2001:db8::/32", "2001:db8:c000:221::"},
      {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
      {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
      {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
      {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
      {"2001:db8:122:344::/96", "2001:db8:122:344::c000:221"},
      {"64:ff9b::/96", "64:ff9b::c000:221"},
  };
  for (const auto& [text, address] : rows) {
    const Prefix block = Prefix::parse(text).value();
    ASSERT_TRUE(can_embed_ipv4(block)) << text;
    EXPECT_EQ(embed_ipv4(block, v4), ip(address)) << text;
    EXPECT_EQ(extract_ipv4(block, ip(address)), v4) << text;
  }
  for (const char* const text :
       {"2001:db8::/33", "2001:db8::/128", "10.0.0.0/8", "2001:db8:0:0:ff00::/96"}) {
    EXPECT_FALSE(can_embed_ipv4(Prefix::parse(text).value())) << text;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim
