#include "sim/record/nat_history.h"

#include <gtest/gtest.h>

#include "tests/sim/record/two_homes.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

TEST(NatHistory, SpeaksWithTheOptionsOfTheMoment) {
  TwoHomes homes(*nat::find_preset("symmetric"), *nat::find_preset("port-restricted"));
  NatHistory history(homes.world);
  homes.world.events().add_listener(history);
  homes.start_call();
  const Time change = Time{} + seconds(10);
  homes.run_until(change);
  nat::NatOptions patient = *nat::find_preset("rfc4787-open");
  patient.udp_timeout = seconds(600);
  homes.alice_nat->reconfigure(patient);
  homes.run_until(change + seconds(10));
  homes.world.events().remove_listener(history);

  const NatRecord* const record = history.find(homes.alice_nat->id());
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->title(change - nanoseconds(1)), "alice.nat (APDM/APDF, symmetric)");
  EXPECT_TRUE(record->title(change).starts_with("alice.nat (EIM/EIF")) << record->title(change);
  EXPECT_EQ(record->options_at(change + seconds(5)).udp_timeout, seconds(600));
  EXPECT_EQ(record->configurations.size(), 2U);
  // What it had before ended with the change, and none of it is lost.
  ASSERT_FALSE(record->mappings.empty());
  EXPECT_EQ(record->mappings.front().ended, change);

  const NatRecord* const other = history.find(homes.bob_nat->id());
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->configurations.size(), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
