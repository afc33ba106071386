// Mappings that are asked for: what they admit, where their traffic leaves from, when they end.
#include <gtest/gtest.h>

#include "sim/net/tcp_segment.h"
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
          .port_allocation = PortAllocation::random,
          .udp_timeout = seconds(60)};
}

MappingRequest wish(std::uint16_t port, std::int64_t until) {
  return {.internal = inside, .external_port = port, .until = second(until)};
}

TEST(StaticMapping, AdmitsAnyoneAndIsWhereTrafficLeavesFrom) {
  for (const Dependence mapping : {endpoint_independent, address_and_port_dependent}) {
    NatUnderTest box(kind(mapping, address_and_port_dependent));
    const MappingGrant grant = box.nat.add_static_mapping(wish(7000, 3600), Time{});
    EXPECT_EQ(grant.external, at("198.51.100.7:7000"));
    const Outcome arrived = box.in(stranger, grant.external);
    EXPECT_TRUE(arrived.forwarded());
    EXPECT_EQ(arrived.destination, inside);
    EXPECT_EQ(box.map(inside, server), grant.external);
    EXPECT_EQ(box.map(inside, stranger), grant.external);
    ASSERT_EQ(box.nat.mappings(Time{}).size(), 1U);
    EXPECT_TRUE(box.nat.mappings(Time{})[0].filter.empty());
  }
}

TEST(StaticMapping, MayBeForWhatComesInAlone) {
  for (const Dependence mapping : {endpoint_independent, address_and_port_dependent}) {
    NatOptions options = kind(mapping, address_and_port_dependent);
    options.port_allocation = PortAllocation::preserve;
    options.mapped_ports_outbound = false;
    NatUnderTest box(options);
    EXPECT_EQ(box.map(inside, server), at("198.51.100.7:5000"));
    const MappingGrant grant = box.nat.add_static_mapping(wish(7000, 3600), Time{});
    EXPECT_EQ(grant.external, at("198.51.100.7:7000"));
    EXPECT_EQ(box.nat.add_static_mapping(wish(0, 3600), Time{}).external, grant.external);
    EXPECT_TRUE(box.in(stranger, grant.external).forwarded());
    // The answer does not leave by it.
    EXPECT_NE(box.map(inside, stranger), grant.external);
    EXPECT_EQ(box.map(inside, server), at("198.51.100.7:5000"));
    EXPECT_TRUE(box.nat.remove_static_mapping(Transport::udp, inside, Time{}));
    EXPECT_FALSE(box.in(stranger, grant.external).forwarded());
    EXPECT_EQ(box.map(inside, server), at("198.51.100.7:5000"));
  }
}

TEST(StaticMapping, EndsWhenItWasToEndWhateverItsPackets) {
  NatUnderTest box(kind(endpoint_independent, address_dependent));
  const Endpoint external = box.nat.add_static_mapping(wish(7000, 3600), Time{}).external;
  EXPECT_EQ(box.nat.next_expiry(), second(3600));
  // Idle for far longer than the timer of dynamic mappings.
  EXPECT_TRUE(box.in(stranger, external, second(3599)).forwarded());
  EXPECT_EQ(box.in(stranger, external, second(3600)).reason(), DropReason::nat_mapping_expired);
  EXPECT_EQ(box.steps(), (std::vector<MappingStep>{MappingStep::created, MappingStep::expired}));
}

TEST(StaticMapping, AskedForAgainGetsANewEnd) {
  NatUnderTest box(kind(endpoint_independent, address_dependent));
  const Endpoint external = box.nat.add_static_mapping(wish(7000, 100), Time{}).external;
  EXPECT_EQ(box.nat.add_static_mapping(wish(0, 200), second(50)).external, external);
  EXPECT_TRUE(box.in(stranger, external, second(199)).forwarded());
  EXPECT_FALSE(box.in(stranger, external, second(200)).forwarded());
}

TEST(StaticMapping, KeepsThePortOfTheDynamicOneThatServesAllRemotes) {
  NatUnderTest box(kind(endpoint_independent, address_and_port_dependent));
  const Endpoint before = box.map(inside, server);
  EXPECT_EQ(box.nat.add_static_mapping(wish(7000, 3600), Time{}).external, before);
  EXPECT_TRUE(box.in(stranger, before).forwarded());
  EXPECT_EQ(box.nat.mapping_count(), 1U);
}

TEST(StaticMapping, LeavesTalksUnderWayOnTheirOwnMappings) {
  NatUnderTest box(kind(address_and_port_dependent, address_and_port_dependent));
  const Endpoint before = box.map(inside, server);
  const Endpoint external = box.nat.add_static_mapping(wish(7000, 3600), Time{}).external;
  EXPECT_NE(external, before);
  EXPECT_EQ(box.map(inside, server), before);
  EXPECT_EQ(box.map(inside, stranger), external);
}

TEST(StaticMapping, ATakenPortIsReplacedUnlessItMustBeThatOne) {
  NatUnderTest box(kind(endpoint_independent, address_dependent));
  ASSERT_EQ(box.nat.add_static_mapping(wish(7000, 3600), Time{}).external.port, 7000);
  MappingRequest second_wish = wish(7000, 3600);
  second_wish.internal = at("192.168.1.6:5000");
  second_wish.exact = true;
  EXPECT_EQ(box.nat.add_static_mapping(second_wish, Time{}).reason,
            DropReason::nat_ports_exhausted);
  second_wish.exact = false;
  const MappingGrant grant = box.nat.add_static_mapping(second_wish, Time{});
  EXPECT_EQ(grant.reason, DropReason::none);
  EXPECT_NE(grant.external.port, 7000);
}

TEST(StaticMapping, APortThatOthersMayShareIsNotSharedWithIt) {
  NatOptions options = kind(address_and_port_dependent, address_and_port_dependent);
  options.port_allocation = PortAllocation::preserve_overload;
  NatUnderTest box(options);
  ASSERT_EQ(box.nat.add_static_mapping(wish(7000, 3600), Time{}).external.port, 7000);
  EXPECT_NE(box.map(at("192.168.1.6:7000"), server).port, 7000);
}

TEST(StaticMapping, IsRemovedByRequestAndByAReboot) {
  NatUnderTest box(kind(endpoint_independent, address_dependent));
  const Endpoint external = box.nat.add_static_mapping(wish(7000, 3600), Time{}).external;
  EXPECT_TRUE(box.nat.remove_static_mapping(Transport::udp, inside, Time{}));
  EXPECT_FALSE(box.nat.remove_static_mapping(Transport::udp, inside, Time{}));
  EXPECT_EQ(box.in(stranger, external).reason(), DropReason::nat_no_mapping);
  EXPECT_EQ(box.nat.add_static_mapping(wish(7000, 3600), Time{}).external, external);
  box.nat.flush(Time{});
  EXPECT_EQ(box.nat.mapping_count(), 0U);
  EXPECT_EQ(box.in(stranger, external).reason(), DropReason::nat_no_mapping);
}

TEST(StaticMapping, CountsAgainstTheLimits) {
  NatOptions options = kind(endpoint_independent, address_dependent);
  options.max_mappings_per_host = 1;
  NatUnderTest box(options);
  box.map(at("192.168.1.5:6000"), server);
  EXPECT_EQ(box.nat.add_static_mapping(wish(7000, 3600), Time{}).reason,
            DropReason::nat_host_limit);
}

TEST(StaticMapping, AnErrorAboutWhatLeftByItIsTranslatedBack) {
  NatUnderTest box(kind(address_and_port_dependent, address_and_port_dependent));
  const Endpoint external = box.nat.add_static_mapping(wish(7000, 3600), Time{}).external;
  const net::PacketPtr left = net::make_udp(box.pool, external, stranger, as_bytes("x"));
  const Outcome outcome = box.pass(
      net::make_icmp_error(box.pool, ip("203.0.113.99"), net::IcmpError::host_unreachable, *left),
      Time{}, false);
  EXPECT_TRUE(outcome.forwarded()) << outcome.note;
  EXPECT_EQ(outcome.destination.address, inside.address);
}

TEST(StaticMapping, OfTcpOutlivesItsConnections) {
  NatUnderTest box(kind(endpoint_independent, address_and_port_dependent));
  MappingRequest request = wish(8080, 9000);
  request.transport = Transport::tcp;
  const Endpoint external = box.nat.add_static_mapping(request, Time{}).external;
  const auto syn = [&] {
    return net::make_tcp(box.pool, stranger, external, {.seq = 1, .flags = net::tcp_flag::syn});
  };
  EXPECT_TRUE(box.pass(syn(), Time{}, false).forwarded());
  // The connection that never came about is forgotten after 4 minutes, the mapping is not.
  EXPECT_TRUE(box.pass(syn(), second(1000), false).forwarded());
  EXPECT_EQ(box.nat.mapping_count(), 1U);
  EXPECT_EQ(box.pass(syn(), second(9000), false).reason(), DropReason::nat_mapping_expired);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
