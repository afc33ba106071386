// Mappings that outlive silence because somebody asked for it (RFC 6887 §12).
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/nat/nat_under_test.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const Endpoint inside = at("192.168.1.5:5000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint stranger = at("198.18.0.1:1234");

NatOptions kind(Dependence mapping, Dependence filtering) {
  return {.mapping = mapping,
          .filtering = filtering,
          .udp_timeout = seconds(60),
          .udp_timeout_new = seconds(60)};
}

// Calls `expire` whenever something runs out, up to `end`, as a box does; when it was called.
std::vector<Time> run(Nat& nat, Time end) {
  std::vector<Time> calls;
  while (nat.next_expiry() <= end) {
    calls.push_back(nat.next_expiry());
    nat.expire(calls.back());
  }
  return calls;
}

TEST(KeptMapping, IsMadeAndLetsThePeerInAlone) {
  NatUnderTest box(kind(endpoint_independent, address_and_port_dependent));
  const MappingKeep keep = box.nat.keep_mapping(inside, server, second(200), Time{});
  EXPECT_EQ(keep.reason, DropReason::none);
  EXPECT_EQ(keep.until, second(200));
  EXPECT_EQ(keep.external, at("198.51.100.7:5000"));
  EXPECT_EQ(box.steps(), (std::vector<MappingStep>{MappingStep::created}));
  EXPECT_TRUE(box.in(server, keep.external).forwarded());
  EXPECT_FALSE(box.in(stranger, keep.external).forwarded());
  EXPECT_EQ(box.map(inside, server), keep.external);
}

// The timer runs out at 60, 120, 180 and 240 s; at 240 s the 200 s are over.
TEST(KeptMapping, LastsUntilItsTimerRunsOutAfterTheEnd) {
  for (const Dependence mapping : {endpoint_independent, address_and_port_dependent}) {
    NatUnderTest box(kind(mapping, address_and_port_dependent));
    const Endpoint external = box.nat.keep_mapping(inside, server, second(200), Time{}).external;
    EXPECT_EQ(run(box.nat, second(200)), (std::vector<Time>{second(60), second(120), second(180)}));
    EXPECT_EQ(box.nat.mapping_count(), 1U);
    EXPECT_EQ(run(box.nat, second(1000)), std::vector<Time>{second(240)});
    EXPECT_EQ(box.in(server, external, second(1000)).reason(), DropReason::nat_mapping_expired);
    EXPECT_EQ(box.steps(), (std::vector<MappingStep>{MappingStep::created, MappingStep::expired}));
  }
}

TEST(KeptMapping, IsTheOneThatThePacketsHaveAndIsNeverKeptForLessLong) {
  NatUnderTest box(kind(endpoint_independent, endpoint_independent));
  const Endpoint external = box.map(inside, server);
  EXPECT_EQ(box.nat.keep_mapping(inside, server, second(200), second(10)).external, external);
  EXPECT_EQ(box.nat.keep_mapping(inside, server, second(100), second(20)).until, second(200));
  EXPECT_EQ(box.nat.mapping_count(), 1U);
  // The latest asking restarts the timer, as a packet does.
  EXPECT_EQ(box.nat.next_expiry(), second(80));
}

TEST(KeptMapping, KeepsOfAMappingsSessionsTheOneThatWasAskedFor) {
  NatOptions options = kind(endpoint_independent, address_and_port_dependent);
  options.timer_scope = TimerScope::per_session;
  NatUnderTest box(options);
  const Endpoint external = box.map(inside, stranger);
  EXPECT_EQ(box.nat.keep_mapping(inside, server, second(200), Time{}).external, external);
  run(box.nat, second(60));
  EXPECT_FALSE(box.in(stranger, external, second(61)).forwarded());
  EXPECT_TRUE(box.in(server, external, second(61)).forwarded());
}

TEST(KeptMapping, RestartsTheTimersOfBothDirections) {
  NatOptions options = kind(endpoint_independent, endpoint_independent);
  options.refresh = Refresh::per_direction;
  NatUnderTest box(options);
  box.nat.keep_mapping(inside, server, second(200), Time{});
  run(box.nat, second(200));
  EXPECT_EQ(box.nat.mapping_count(), 1U);
  EXPECT_EQ(run(box.nat, second(1000)), std::vector<Time>{second(240)});
}

TEST(KeptMapping, DoesNotOutliveTheLifetimeOfMappings) {
  NatOptions options = kind(endpoint_independent, endpoint_independent);
  options.max_lifetime = seconds(90);
  NatUnderTest box(options);
  box.nat.keep_mapping(inside, server, second(200), Time{});
  EXPECT_EQ(run(box.nat, second(1000)), (std::vector<Time>{second(60), second(90)}));
  EXPECT_EQ(box.nat.mapping_count(), 0U);
}

TEST(KeptMapping, IsForgottenWithTheMapping) {
  NatUnderTest box(kind(endpoint_independent, endpoint_independent));
  box.nat.keep_mapping(inside, server, second(200), Time{});
  box.nat.flush(second(10));
  // The next one may have the same place in the table.
  box.map(inside, server, second(10));
  EXPECT_EQ(run(box.nat, second(1000)), std::vector<Time>{second(70)});
}

TEST(KeptMapping, AStaticOneKeepsItsOwnEnd) {
  NatUnderTest box(kind(endpoint_independent, endpoint_independent));
  const Endpoint external =
      box.nat
          .add_static_mapping({.internal = inside, .external_port = 7000, .until = second(300)},
                              Time{})
          .external;
  const MappingKeep keep = box.nat.keep_mapping(inside, server, second(200), Time{});
  EXPECT_EQ(keep.external, external);
  EXPECT_EQ(keep.until, second(300));
}

TEST(KeptMapping, IsRefusedForWantOfRoom) {
  NatOptions options = kind(endpoint_independent, endpoint_independent);
  options.max_mappings = 1;
  NatUnderTest box(options);
  box.map(at("192.168.1.9:1"), server);
  EXPECT_EQ(box.nat.keep_mapping(inside, server, second(200), Time{}).reason,
            DropReason::nat_table_full);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
