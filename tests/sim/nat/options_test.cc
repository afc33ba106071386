#include "sim/nat/options.h"

#include <gtest/gtest.h>

#include "sim/nat/option_names.h"
#include "sim/nat/presets.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using enum Dependence;

TEST(NatOptions, DefaultsAreValid) { EXPECT_TRUE(validate(NatOptions{}).empty()); }

TEST(NatOptions, ErrorsNameFieldValueAndExpectation) {
  const auto errors = validate({.port_range = {5000, 4000}});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(to_string(errors[0]),
            "port_range is 5000-4000, expected the first port to be at most the last");
  EXPECT_EQ(to_string(validate({.port_range = {0, 10}}).at(0)),
            "port_range is 0-10, expected ports from 1 to 65535");
  EXPECT_EQ(to_string(validate({.max_mappings = 5, .max_mappings_per_host = 6}).at(0)),
            "max_mappings_per_host is 6, expected at most max_mappings, 5");
}

TEST(NatOptions, TimeoutIsPositiveAndBounded) {
  EXPECT_TRUE(validate({.udp_timeout = nanoseconds(1)}).empty());
  for (const Duration bad : {Duration{}, nanoseconds(-1), seconds(366 * 24 * 3600)}) {
    const auto errors = validate({.udp_timeout = bad});
    ASSERT_EQ(errors.size(), 1U) << to_string(bad);
    EXPECT_EQ(errors[0].field, "udp_timeout");
  }
}

TEST(NatOptions, AllThatIsWrongIsReported) {
  EXPECT_EQ(validate({.port_range = {9, 8}, .udp_timeout = Duration{}}).size(), 2U);
}

TEST(NatOptions, NamesGoBothWays) {
  EXPECT_EQ(name_in(mapping_names, address_and_port_dependent), "APDM");
  EXPECT_EQ(name_in(filtering_names, address_and_port_dependent), "APDF");
  EXPECT_EQ(value_in(mapping_names, "ADM"), address_dependent);
  EXPECT_EQ(value_in(filtering_names, "endpoint-independent"), endpoint_independent);
  EXPECT_EQ(value_in(port_allocation_names, "preserve_overload"),
            PortAllocation::preserve_overload);
  EXPECT_EQ(value_in(mapping_names, "EIF"), std::nullopt);
  EXPECT_EQ(value_in(hairpin_names, ""), std::nullopt);
}

TEST(Presets, TheFourClassesOfRfc3489) {
  const auto expect_kind = [](std::string_view name, std::string_view kind) {
    const auto options = find_preset(name);
    ASSERT_TRUE(options) << name;
    EXPECT_TRUE(validate(*options).empty());
    EXPECT_EQ(kind_name(*options), kind);
    EXPECT_EQ(options->udp_timeout, seconds(60));
    EXPECT_EQ(options->refresh, Refresh::both);
    EXPECT_EQ(classic_name(*options), name);
  };
  expect_kind("full-cone", "EIM/EIF");
  expect_kind("restricted", "EIM/ADF");
  expect_kind("port-restricted", "EIM/APDF");
  expect_kind("symmetric", "APDM/APDF");
  EXPECT_EQ(find_preset("symmetric")->port_allocation, PortAllocation::random);
  EXPECT_EQ(find_preset("cone"), std::nullopt);
}

TEST(Presets, KindsAreKnownByName) {
  const auto options = find_preset("ADM/EIF");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->mapping, address_dependent);
  EXPECT_EQ(options->filtering, endpoint_independent);
  EXPECT_EQ(options->port_allocation, PortAllocation::random);
  EXPECT_FALSE(find_preset("EIF/EIM"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
