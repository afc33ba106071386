#include "sim/record/drops.h"

#include <gtest/gtest.h>

#include "sim/core/event_stream.h"
#include "sim/core/world.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

using core::DropReason;

TEST(Drops, ByReasonTheMostFrequentFirst) {
  core::EventStream events;
  EXPECT_EQ(to_string(drops_by_reason(events)), "none");
  events.count_drop(DropReason::no_route);
  events.count_drop(DropReason::nat_filtered_port);
  events.count_drop(DropReason::nat_filtered_port);
  events.count_drop(DropReason::no_socket);
  EXPECT_EQ(to_string(drops_by_reason(events)), "nat_filtered_port 2, no_route 1, no_socket 1");
}

TEST(Drops, TheLedgerKeepsPlacesAndReasonsApart) {
  core::World world(1);
  const core::Named a(world, "a");
  const core::Named b(world, "b");
  DropLedger ledger(world);
  const auto drop = [&](int second, const core::Named& where, DropReason reason,
                        std::uint16_t port) {
    ledger.on_packet({.at = Time{} + seconds(second),
                      .step = core::PacketStep::dropped,
                      .reason = reason,
                      .where = where.id(),
                      .destination = {IpAddress::v4(192, 0, 2, 1), port},
                      .note = "why"});
  };
  drop(1, b, DropReason::no_socket, 1);
  drop(2, a, DropReason::no_socket, 2);
  drop(3, b, DropReason::bad_checksum, 3);
  drop(4, b, DropReason::no_socket, 4);
  ledger.on_packet({.at = Time{} + seconds(5), .step = core::PacketStep::delivered});

  ASSERT_EQ(ledger.drops().size(), 3U);
  const Drops& first = ledger.drops()[0];
  EXPECT_EQ(first.place, "b");
  EXPECT_EQ(first.reason, DropReason::no_socket);
  EXPECT_EQ(first.count, 2U);
  EXPECT_EQ(first.first, Time{} + seconds(1));
  EXPECT_EQ(first.last, Time{} + seconds(4));
  EXPECT_EQ(first.destination.port, 1);
  EXPECT_EQ(first.note, "why");
  EXPECT_EQ(ledger.drops()[1].place, "a");
  EXPECT_EQ(ledger.drops()[2].reason, DropReason::bad_checksum);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
