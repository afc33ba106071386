// The requirements of RFC 4787, and mapping beside filtering with unequal values.
#include "nat_under_test.h"

#include <set>

#include <gtest/gtest.h>

#include "sim/nat/option_names.h"
#include "sim/nat/presets.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::MappingStep;
using enum Dependence;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:5000");
const Endpoint server = at("203.0.113.10:3478");
const Endpoint server_other_port = at("203.0.113.10:3479");
const Endpoint server_other_ip = at("203.0.113.11:3478");

NatOptions kind(Dependence mapping, Dependence filtering) {
  return {.mapping = mapping, .filtering = filtering, .port_allocation = PortAllocation::random};
}

TEST(Rfc4787, Req1_OneExternalEndpointForAllRemotes) {
  NatUnderTest t(kind(endpoint_independent, address_and_port_dependent));
  const Endpoint external = t.map(alice, server);
  EXPECT_EQ(t.map(alice, server_other_port), external);
  EXPECT_EQ(t.map(alice, server_other_ip), external);
  EXPECT_EQ(t.nat.mapping_count(), 1U);
  EXPECT_EQ(external.address, ip("198.51.100.7"));
}

TEST(Mapping, AdmDependsOnTheAddressOnly) {
  NatUnderTest t(kind(address_dependent, endpoint_independent));
  const Endpoint external = t.map(alice, server);
  EXPECT_EQ(t.map(alice, server_other_port), external);
  EXPECT_NE(t.map(alice, server_other_ip), external);
  EXPECT_EQ(t.nat.mapping_count(), 2U);
}

TEST(Mapping, ApdmDependsOnAddressAndPort) {
  NatUnderTest t(kind(address_and_port_dependent, endpoint_independent));
  const std::set<Endpoint> externals = {t.map(alice, server), t.map(alice, server_other_port),
                                        t.map(alice, server_other_ip), t.map(alice, server)};
  EXPECT_EQ(externals.size(), 3U);
}

TEST(Mapping, SocketsOfOneHostHaveTheirOwnMappings) {
  NatUnderTest t(kind(endpoint_independent, endpoint_independent));
  EXPECT_NE(t.map(alice, server), t.map(at("192.168.1.5:5001"), server));
}

// What each filter lets in after one packet to the server, whatever the mapping.
TEST(Filtering, EachKindWithEachMapping) {
  for (const auto& mapping : mapping_names) {
    for (const auto& filtering : filtering_names) {
      SCOPED_TRACE(kind_name({.mapping = mapping.value, .filtering = filtering.value}));
      NatUnderTest t(kind(mapping.value, filtering.value));
      const Endpoint external = t.map(alice, server);
      const Outcome same = t.in(server, external);
      EXPECT_TRUE(same.forwarded());
      EXPECT_EQ(same.destination, alice);
      EXPECT_EQ(same.source, server);
      EXPECT_EQ(t.in(server_other_port, external).reason(),
                filtering.value == address_and_port_dependent ? DropReason::nat_filtered_port
                                                              : DropReason::none);
      EXPECT_EQ(t.in(server_other_ip, external).reason(),
                filtering.value == endpoint_independent ? DropReason::none
                : filtering.value == address_dependent  ? DropReason::nat_filtered_address
                                                        : DropReason::nat_filtered_port);
    }
  }
}

TEST(Filtering, OpensForEachRemoteThatIsSentTo) {
  NatUnderTest t(kind(endpoint_independent, address_and_port_dependent));
  const Endpoint external = t.map(alice, server);
  for (std::uint16_t port = 1; port <= 200; ++port) {
    const Endpoint remote{server.address, port};
    EXPECT_FALSE(t.in(remote, external).forwarded());
    t.map(alice, remote);
    EXPECT_TRUE(t.in(remote, external).forwarded());
  }
  EXPECT_TRUE(t.in(server, external).forwarded());
  EXPECT_EQ(t.nat.mappings(Time{}).at(0).filter.size(), 201U);
}

// An ADM mapping takes in both ports of the server, each of which APDF wants opened by itself.
TEST(Filtering, ApdfUnderAdm) {
  NatUnderTest t(kind(address_dependent, address_and_port_dependent));
  const Endpoint external = t.map(alice, server);
  EXPECT_EQ(t.in(server_other_port, external).reason(), DropReason::nat_filtered_port);
  EXPECT_EQ(t.map(alice, server_other_port), external);
  EXPECT_TRUE(t.in(server_other_port, external).forwarded());
}

TEST(FilterScope, PerMappingKeepsApart) {
  NatUnderTest t(kind(address_and_port_dependent, address_dependent));
  const Endpoint to_server = t.map(alice, server);
  const Endpoint to_other = t.map(alice, server_other_ip);
  EXPECT_EQ(t.in(server_other_ip, to_server).reason(), DropReason::nat_filtered_address);
  EXPECT_EQ(t.in(server, to_other).reason(), DropReason::nat_filtered_address);
}

TEST(FilterScope, PerEndpointJoinsTheMappingsOfAnInsideSocket) {
  for (const Dependence mapping : {address_dependent, address_and_port_dependent}) {
    NatOptions options = kind(mapping, address_dependent);
    options.filter_scope = FilterScope::per_endpoint;
    options.udp_timeout = seconds(60);
    options.refresh = Refresh::outbound;
    NatUnderTest t(options);
    const Endpoint to_server = t.map(alice, server);
    const Endpoint to_other = t.map(alice, server_other_ip, second(10));
    EXPECT_TRUE(t.in(server_other_ip, to_server, second(10)).forwarded());
    EXPECT_TRUE(t.in(server, to_other, second(59)).forwarded());
    EXPECT_FALSE(t.in(at("203.0.113.12:1"), to_other, second(59)).forwarded());
    // The remotes go with the mapping that they were sent to through.
    EXPECT_EQ(t.in(server, to_other, second(60)).reason(), DropReason::nat_filtered_address);
    // And another socket's remotes are no help.
    const Endpoint bobs = t.map(bob, server, second(60));
    EXPECT_FALSE(t.in(server_other_ip, bobs, second(60)).forwarded());
  }
}

TEST(FilterScope, PerEndpointCountsMappingsThatAdmitTheSameAddress) {
  NatOptions options = kind(address_and_port_dependent, address_dependent);
  options.filter_scope = FilterScope::per_endpoint;
  options.udp_timeout = seconds(60);
  NatUnderTest t(options);
  t.map(alice, server, second(0));
  t.map(alice, server_other_port, second(20));
  const Endpoint third = t.map(alice, server_other_ip, second(40));
  // The first has expired by 60 s, the second still speaks for the address.
  EXPECT_TRUE(t.in(server, third, second(79)).forwarded());
  EXPECT_FALSE(t.in(server, third, second(80)).forwarded());
}

TEST(Rfc4787, Req2_PairedPoolingGivesAHostOneAddress) {
  NatOptions options = kind(address_and_port_dependent, address_and_port_dependent);
  NatUnderTest t(options, {"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"});
  std::set<IpAddress> used;
  for (std::uint8_t host = 1; host <= 32; ++host) {
    const Endpoint internal{IpAddress::v4(192, 168, 1, host), 5000};
    const IpAddress external = t.map(internal, server).address;
    used.insert(external);
    for (std::uint16_t port = 1; port <= 8; ++port) {
      EXPECT_EQ(t.map(internal, {server.address, port}).address, external);
    }
  }
  EXPECT_EQ(used.size(), 4U);
}

TEST(Pooling, ArbitraryGivesAMappingAnyAddress) {
  NatOptions options = kind(address_and_port_dependent, address_and_port_dependent);
  options.pooling = Pooling::arbitrary;
  NatUnderTest t(options, {"198.51.100.1", "198.51.100.2"});
  int first = 0;
  for (std::uint16_t port = 1; port <= 1000; ++port) {
    first += t.map(alice, {server.address, port}).address == ip("198.51.100.1") ? 1 : 0;
  }
  // A fair coin's deviation over 1 000 throws is 15.8; five of them either way.
  EXPECT_NEAR(first, 500, 79);
}

TEST(Pooling, ArbitraryGoesOnToAnAddressWithFreePorts) {
  NatOptions options = kind(address_and_port_dependent, address_and_port_dependent);
  options.pooling = Pooling::arbitrary;
  options.port_range = {1024, 1033};
  NatUnderTest t(options, {"198.51.100.1", "198.51.100.2", "198.51.100.3"});
  std::set<Endpoint> externals;
  for (std::uint16_t port = 1; port <= 30; ++port) {
    externals.insert(t.map(alice, {server.address, port}));
  }
  EXPECT_EQ(externals.size(), 30U);
  EXPECT_EQ(t.out(alice, {server.address, 31}).reason(), DropReason::nat_ports_exhausted);
}

TEST(Pooling, PairedStaysWithItsAddressEvenWhenItIsFull) {
  NatOptions options = kind(address_and_port_dependent, address_and_port_dependent);
  options.port_range = {1024, 1033};
  NatUnderTest t(options, {"198.51.100.1", "198.51.100.2"});
  for (std::uint16_t port = 1; port <= 10; ++port) t.map(alice, {server.address, port});
  const Outcome outcome = t.out(alice, {server.address, 11});
  EXPECT_EQ(outcome.reason(), DropReason::nat_ports_exhausted);
  EXPECT_EQ(outcome.note, "no port of 1024-1033 is free for 192.168.1.5:5000");
}

TEST(Rfc4787, Req3_TwoHostsNeverShareAnExternalEndpoint) {
  for (const auto& allocation : port_allocation_names) {
    if (allocation.value == PortAllocation::preserve_overload) continue;
    NatUnderTest t({.port_allocation = allocation.value});
    EXPECT_NE(t.map(alice, server), t.map(bob, server_other_ip)) << allocation.name;
  }
}

TEST(Rfc4787, Req3a_PortClassesArePreservedWhereTheRangeHasThem) {
  NatUnderTest t({.port_range = {1, 65535}});
  EXPECT_EQ(t.map(at("192.168.1.5:500"), server).port, 500);
  EXPECT_EQ(t.map(at("192.168.1.5:1024"), server).port, 1024);
}

TEST(Rfc4787, Req5_MappingIdleFor119SecondsIsUsable) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = t.map(alice, server);
  EXPECT_TRUE(t.in(server, external, second(119)).forwarded());
  EXPECT_GE(NatOptions{}.udp_timeout, seconds(300)) << "REQ-5c";
}

TEST(Rfc4787, Req11_TheKindStaysTheSameUnderLoad) {
  NatUnderTest t({.filtering = address_and_port_dependent});
  for (std::uint16_t n = 0; n < 20'000; ++n) {
    const Endpoint internal{IpAddress::v4(0x0a00'0000U + n), 5000};
    const Endpoint external = t.map(internal, server);
    EXPECT_EQ(t.map(internal, server_other_ip), external);
    EXPECT_FALSE(t.in(server_other_port, external).forwarded());
  }
}

TEST(Limits, TableFullIsRefusedWithAnEvent) {
  NatUnderTest t({.udp_timeout = seconds(60), .max_mappings = 2});
  const Endpoint external = t.map(alice, server);
  t.map(bob, server, second(1));
  const Outcome outcome = t.out(at("192.168.1.7:5000"), server, second(2));
  EXPECT_EQ(outcome.reason(), DropReason::nat_table_full);
  EXPECT_EQ(outcome.note, "the table holds 2 mappings, which is its limit");
  ASSERT_EQ(t.events.back().step, MappingStep::refused);
  EXPECT_EQ(t.events.back().reason, DropReason::nat_table_full);
  EXPECT_EQ(t.events.back().internal, at("192.168.1.7:5000"));
  EXPECT_EQ(t.events.back().remote, server);
  // What is there goes on, and makes room when it ends.
  EXPECT_EQ(t.map(alice, server, second(59)), external);
  EXPECT_TRUE(t.out(at("192.168.1.7:5000"), server, second(61)).forwarded());
}

TEST(Limits, PerHostBindsOneHostOnly) {
  NatOptions options = kind(address_and_port_dependent, address_and_port_dependent);
  options.max_mappings_per_host = 3;
  NatUnderTest t(options);
  for (std::uint16_t port = 1; port <= 3; ++port) t.map(alice, {server.address, port});
  const Outcome outcome = t.out(at("192.168.1.5:6000"), server);
  EXPECT_EQ(outcome.reason(), DropReason::nat_host_limit);
  EXPECT_EQ(outcome.note, "192.168.1.5 has 3 mappings, which is the limit of a host");
  EXPECT_TRUE(t.out(bob, server).forwarded());
}

TEST(Nat, OtherProtocolsAreDropped) {
  NatUnderTest t(NatOptions{});
  net::PacketPtr packet = net::make_udp(t.pool, alice, server, as_bytes("x"));
  packet->protocol = net::Protocol{132};  // SCTP
  const Outcome outcome = t.pass(packet, Time{}, true);
  EXPECT_EQ(outcome.reason(), DropReason::nat_unsupported_protocol);
  EXPECT_EQ(outcome.note, "IP protocol 132 is not translated");
  EXPECT_EQ(t.pass(packet, Time{}, false).reason(), DropReason::nat_unsupported_protocol);
}

TEST(Nat, FamiliesStayApart) {
  NatUnderTest t(NatOptions{}, {"198.51.100.7", "2001:db8::7"});
  EXPECT_EQ(t.map(alice, server).address, ip("198.51.100.7"));
  const Endpoint inside6 = at("[fd00::5]:5000");
  const Endpoint remote6 = at("[2001:db8:1::1]:3478");
  const Endpoint external = t.map(inside6, remote6);
  EXPECT_EQ(external, at("[2001:db8::7]:5000"));
  EXPECT_EQ(t.in(remote6, external).destination, inside6);

  NatUnderTest only_v4{NatOptions{}};
  const Outcome outcome = only_v4.out(inside6, remote6);
  EXPECT_EQ(outcome.reason(), DropReason::nat_unsupported_protocol);
  EXPECT_EQ(outcome.note, "no external address is of the family of fd00::5");
}

TEST(Nat, NotesTellWhatWasLookedUp) {
  NatUnderTest t({.filtering = address_and_port_dependent, .udp_timeout = seconds(60)});
  EXPECT_EQ(t.out(alice, server).note,
            "mapping 192.168.1.5:5000 -> 198.51.100.7:5000; expires in 60s");
  t.map(alice, at("203.0.113.9:50000"), second(1));
  const Endpoint external = at("198.51.100.7:5000");
  EXPECT_EQ(t.in(at("203.0.113.9:50001"), external, second(1)).note,
            "filter APDF of mapping 192.168.1.5:5000 -> 198.51.100.7:5000: 203.0.113.9:50001 was "
            "never sent to; it holds 203.0.113.10:3478, 203.0.113.9:50000");
  EXPECT_EQ(t.in(server, at("198.51.100.7:5001"), second(1)).note,
            "no mapping has the external endpoint 198.51.100.7:5001");
  // Last refreshed at 1 s.
  EXPECT_EQ(t.in(server, external, Time{} + milliseconds(63'100)).note,
            "no mapping has the external endpoint 198.51.100.7:5000; that of 192.168.1.5:5000 "
            "expired 2.1s earlier");
}

TEST(Nat, NotesCutLongFilters) {
  NatUnderTest t({.filtering = address_and_port_dependent});
  for (std::uint16_t port = 1; port <= 11; ++port) t.map(alice, {server.address, port});
  const Outcome outcome = t.in(at("203.0.113.10:12"), at("198.51.100.7:5000"));
  EXPECT_NE(outcome.note.find("203.0.113.10:8 and 3 more"), std::string::npos) << outcome.note;
}

TEST(Nat, EventsTellWhatHappensToTheTable) {
  NatUnderTest t({.filtering = address_and_port_dependent, .udp_timeout = seconds(60)});
  t.map(alice, server);
  t.map(alice, server);
  t.map(alice, server_other_port, second(1));
  t.nat.expire(second(61));
  EXPECT_EQ(t.steps(),
            (std::vector{MappingStep::created, MappingStep::filter_opened, MappingStep::expired}));
  EXPECT_EQ(t.events[0].mapping, 1U);
  EXPECT_EQ(t.events[0].external, at("198.51.100.7:5000"));
  EXPECT_EQ(t.events[0].expires, second(60));
  EXPECT_EQ(t.events[1].remote, server_other_port);
  EXPECT_EQ(t.events[2].expires, second(61));
  EXPECT_EQ(t.events[2].at, second(61));
}

TEST(Nat, FlushForgetsEverything) {
  NatUnderTest t(NatOptions{});
  const Endpoint external = t.map(alice, server);
  t.map(bob, server);
  t.nat.flush(second(1));
  EXPECT_EQ(t.steps(), (std::vector{MappingStep::created, MappingStep::created,
                                    MappingStep::evicted, MappingStep::evicted}));
  EXPECT_EQ(t.nat.mapping_count(), 0U);
  EXPECT_EQ(t.nat.next_expiry(), Time::never());
  EXPECT_EQ(t.in(server, external, second(1)).reason(), DropReason::nat_no_mapping);
  EXPECT_EQ(t.map(bob, server, second(1)), external) << "the port is free again";
}

TEST(Nat, SnapshotsAndNatstat) {
  NatUnderTest t({.mapping = address_dependent,
                  .filtering = address_and_port_dependent,
                  .udp_timeout = seconds(60)});
  const Endpoint external = t.map(alice, server);
  t.map(alice, server_other_port, second(5));
  t.in(server, external, second(7));
  t.map(bob, server_other_ip, second(8));
  const auto all = t.nat.mappings(second(10));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].number, 1U);
  EXPECT_EQ(all[0].internal, alice);
  EXPECT_EQ(all[0].external, external);
  EXPECT_EQ(all[0].remote, (Endpoint{server.address, 0}));
  EXPECT_EQ(all[0].created, second(0));
  EXPECT_EQ(all[0].refreshed, second(7));
  EXPECT_EQ(all[0].expires, second(67));
  EXPECT_EQ(all[0].packets_out, 2U);
  EXPECT_EQ(all[0].packets_in, 1U);
  EXPECT_EQ(all[0].filter, (std::vector{server, server_other_port}));
  EXPECT_EQ(
      natstat(all, second(10)),
      "Internal               External               Remote                      Out       In   "
      "Expires in  Filter\n"
      "192.168.1.5:5000       198.51.100.7:5000      203.0.113.10                  2        1   "
      "       57s  203.0.113.10:3478 203.0.113.10:3479\n"
      "192.168.1.6:5000       198.51.100.7:5001      203.0.113.11                  1        0   "
      "       58s  203.0.113.11:3478\n");
  EXPECT_EQ(t.nat.mappings(second(67)).size(), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
