// What a gateway grants and refuses.
#include "stack/portmap/server.h"

#include <gtest/gtest.h>

#include "tests/stack/portmap/fake_gateway.h"

namespace natsim::portmap {
namespace NATSIM_TEST_FILE {

const Endpoint at_gateway{IpAddress::v4(192, 168, 1, 1), server_port};
const Endpoint client{IpAddress::v4(192, 168, 1, 2), 50000};
const Endpoint neighbour{IpAddress::v4(192, 168, 1, 3), 50000};
const Endpoint internal{client.address, 5000};
constexpr Time at(std::int64_t s) { return Time{} + seconds(s); }

struct Bench {
  explicit Bench(const ServerOptions& options = {}) : server(options, gateway, Time{}) {}
  Bytes ask(ByteView request, const Endpoint& from, Time now) {
    server.receive(at_gateway, from, request, now);
    const auto answer = server.poll_transmit();
    if (!answer) return {};
    EXPECT_EQ(answer->local, at_gateway);
    EXPECT_EQ(answer->remote, from);
    return answer->payload;
  }
  NatPmpResponse nat_pmp(const NatPmpRequest& request, Time now = Time{}) {
    return decode_nat_pmp_response(ask(encode(request), client, now)).value();
  }
  PcpResponse pcp(const PcpRequest& request, Time now = Time{}, const Endpoint& from = client) {
    return decode_pcp_response(ask(encode(request), from, now)).value();
  }

  FakeGateway gateway;
  Server server;
};

PcpRequest wish(std::uint32_t lifetime, std::uint8_t nonce = 1) {
  return {.lifetime = lifetime,
          .client = client.address,
          .map = PcpMap{.nonce = {nonce},
                        .protocol = 17,
                        .internal_port = 5000,
                        .external = {IpAddress::any_v4(), 6000}}};
}
NatPmpRequest nat_pmp_wish(std::uint32_t lifetime) {
  return {NatPmpOpcode::map_udp, 5000, 6000, lifetime};
}

TEST(NatPmpServer, Rfc6886_3_2_TellsItsAddressAndItsAge) {
  Bench bench;
  const NatPmpResponse response = bench.nat_pmp({}, at(90));
  EXPECT_EQ(response.external_address, bench.gateway.address);
  EXPECT_EQ(response.epoch, 90U);
}

TEST(NatPmpServer, Rfc6886_3_3_MapsForALifetime) {
  Bench bench;
  const NatPmpResponse response = bench.nat_pmp(nat_pmp_wish(7200), at(10));
  EXPECT_EQ(response.result, NatPmpResult::success);
  EXPECT_EQ(response.external_port, 6000);
  EXPECT_EQ(response.lifetime, 7200U);
  EXPECT_EQ(bench.gateway.mappings.at({MapProtocol::udp, internal}).second, at(7210));
  EXPECT_EQ(bench.server.next_timeout(), at(7210));
  bench.server.handle_timeout(at(7210));
  EXPECT_EQ(bench.server.leases(), 0U);
  EXPECT_TRUE(bench.server.next_timeout().is_never());
}

TEST(NatPmpServer, Rfc6886_3_4_ALifetimeOf0Deletes) {
  Bench bench;
  bench.nat_pmp(nat_pmp_wish(7200));
  EXPECT_EQ(bench.nat_pmp(nat_pmp_wish(0)).result, NatPmpResult::success);
  EXPECT_TRUE(bench.gateway.mappings.empty());
}

TEST(NatPmpServer, Rfc6886_3_5_OtherVersionsAndOpcodes) {
  Bench bench({.pcp = false});
  const Bytes version = bench.ask(Bytes{2, 0}, client, at(1));
  EXPECT_EQ(version, (Bytes{0, 128, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0}));
  const Bytes opcode = bench.ask(Bytes{0, 9}, client, at(1));
  EXPECT_EQ(opcode, (Bytes{0, 137, 0, 5, 0, 0, 0, 1}));
}

TEST(PcpServer, Rfc6887_9_ThatSpeaksPcpAloneSaysSo) {
  Bench bench({.nat_pmp = false});
  const Bytes answer = bench.ask(Bytes{0, 0}, client, Time{});
  EXPECT_EQ(decode_pcp_response(answer)->result, PcpResult::unsupp_version);
}

TEST(PcpServer, Rfc6887_11_3_MapsAndRenewsByTheNonce) {
  Bench bench;
  const PcpResponse response = bench.pcp(wish(7200), at(3));
  EXPECT_EQ(response.result, PcpResult::success);
  EXPECT_EQ(response.lifetime, 7200U);
  EXPECT_EQ(response.epoch, 3U);
  EXPECT_EQ(response.map->external, (Endpoint{bench.gateway.address, 6000}));
  EXPECT_EQ(bench.pcp(wish(7200, 2), at(4)).result, PcpResult::not_authorized);
  EXPECT_EQ(bench.pcp(wish(0, 2), at(4)).result, PcpResult::not_authorized);
  EXPECT_EQ(bench.pcp(wish(7200), at(100)).map->external.port, 6000);
  EXPECT_EQ(bench.gateway.mappings.at({MapProtocol::udp, internal}).second, at(7300));
}

TEST(PcpServer, Rfc6887_15_BoundsLifetimes) {
  Bench bench;
  EXPECT_EQ(bench.pcp(wish(1)).lifetime, 120U);
  EXPECT_EQ(bench.pcp(wish(UINT32_MAX)).lifetime, 86400U);
  Bench brief({.max_lifetime = seconds(300)});
  EXPECT_EQ(brief.pcp(wish(7200)).lifetime, 300U);
}

TEST(PcpServer, Rfc6887_15_ALifetimeOf0Deletes) {
  Bench bench;
  bench.pcp(wish(7200));
  EXPECT_EQ(bench.pcp(wish(0)).result, PcpResult::success);
  EXPECT_TRUE(bench.gateway.mappings.empty());
}

TEST(PcpServer, Rfc6887_8_2_ANatInBetweenIsAnAddressMismatch) {
  Bench bench;
  const PcpResponse response = bench.pcp(wish(7200), Time{}, neighbour);
  EXPECT_EQ(response.result, PcpResult::address_mismatch);
  EXPECT_EQ(response.lifetime, 1800U);
  EXPECT_TRUE(bench.gateway.mappings.empty());
}

TEST(PcpServer, Rfc6887_13_2_PreferFailureGetsThatPortOrNone) {
  Bench bench;
  bench.gateway.refusal = MapRefusal::port_taken;
  PcpRequest request = wish(7200);
  request.prefer_failure = true;
  EXPECT_EQ(bench.pcp(request).result, PcpResult::cannot_provide_external);
  bench.gateway.refusal.reset();
  request.map->external.address = IpAddress::v4(198, 51, 100, 8);
  EXPECT_EQ(bench.pcp(request).result, PcpResult::cannot_provide_external);
}

TEST(PcpServer, Rfc6887_7_4_RefusalsHaveTheirCodes) {
  Bench bench;
  bench.gateway.refusal = MapRefusal::no_resources;
  EXPECT_EQ(bench.pcp(wish(7200)).result, PcpResult::no_resources);
  bench.gateway.refusal = MapRefusal::quota;
  EXPECT_EQ(bench.pcp(wish(7200)).result, PcpResult::user_ex_quota);
  PcpRequest sctp = wish(7200);
  sctp.map->protocol = 132;
  EXPECT_EQ(bench.pcp(sctp).result, PcpResult::unsupp_protocol);
  Bench strict({.allow = false});
  EXPECT_EQ(strict.pcp(wish(7200)).result, PcpResult::not_authorized);
  EXPECT_EQ(strict.nat_pmp(nat_pmp_wish(7200)).result, NatPmpResult::not_authorized);
}

TEST(PcpServer, WhatPcpMadeIsNotNatPmpsToChange) {
  Bench bench;
  bench.pcp(wish(7200));
  EXPECT_EQ(bench.nat_pmp(nat_pmp_wish(0)).result, NatPmpResult::not_authorized);
}

TEST(PortMapServer, ARestartBeginsTheEpochAnew) {
  Bench bench;
  bench.pcp(wish(7200), at(1000));
  bench.server.restart(at(2000));
  EXPECT_EQ(bench.server.leases(), 0U);
  EXPECT_EQ(bench.pcp(wish(7200, 2), at(2005)).epoch, 5U);
}

TEST(PortMapServer, MayLieAboutItsAddress) {
  Bench bench({.reported_address = IpAddress::v4(10, 0, 0, 1)});
  EXPECT_EQ(bench.nat_pmp({}).external_address, IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(bench.pcp(wish(7200)).map->external.address, IpAddress::v4(10, 0, 0, 1));
}

const Endpoint peer{IpAddress::v4(203, 0, 113, 10), 3478};

PcpRequest peer_wish(std::uint32_t lifetime, std::uint8_t nonce = 1) {
  PcpRequest request = wish(lifetime, nonce);
  request.map->external = {IpAddress::any_v4(), 0};
  request.peer = peer;
  return request;
}

TEST(PcpServer, Rfc6887_12_KeepsAMappingForAPeer) {
  Bench bench;
  const PcpResponse response = bench.pcp(peer_wish(600), at(10));
  EXPECT_EQ(response.result, PcpResult::success);
  EXPECT_EQ(response.opcode, 2);
  EXPECT_EQ(response.peer, peer);
  EXPECT_EQ(response.map->external, (Endpoint{bench.gateway.address, 5000}));
  EXPECT_EQ(response.lifetime, 600U);
  EXPECT_EQ(bench.gateway.kept.at({internal, peer}), at(610));
  EXPECT_TRUE(bench.gateway.mappings.empty());
  EXPECT_EQ(bench.server.leases(), 0U);
  const auto event = bench.server.poll_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, ServerEvent::Kind::kept);
  EXPECT_EQ(event->peer, peer);
  EXPECT_EQ(event->lifetime, seconds(600));
}

TEST(PcpServer, Rfc6887_12_1_PeerShortensAndDeletesNothing) {
  Bench bench;
  bench.pcp(peer_wish(600), at(0));
  EXPECT_EQ(bench.pcp(peer_wish(200), at(100)).lifetime, 500U) << "what is left of the 600 s";
  EXPECT_EQ(bench.pcp(peer_wish(0), at(100)).lifetime, 500U);
  EXPECT_EQ(bench.pcp(peer_wish(0), at(599)).lifetime, 120U) << "the least that it grants";
  EXPECT_EQ(bench.pcp(peer_wish(1'000'000), at(600)).lifetime, 86'400U) << "and the most";
}

TEST(PcpServer, Rfc6887_12_WhatOfPeerIsRefused) {
  Bench bench;
  PcpRequest tcp = peer_wish(600);
  tcp.map->protocol = 6;
  EXPECT_EQ(bench.pcp(tcp).result, PcpResult::unsupp_protocol);
  PcpRequest no_port = peer_wish(600);
  no_port.map->internal_port = 0;
  EXPECT_EQ(bench.pcp(no_port).result, PcpResult::malformed_request);
  PcpRequest nobody = peer_wish(600);
  nobody.peer->port = 0;
  EXPECT_EQ(bench.pcp(nobody).result, PcpResult::malformed_request);
  PcpRequest other_family = peer_wish(600);
  other_family.peer = Endpoint{*IpAddress::parse("2001:db8::1"), 3478};
  EXPECT_EQ(bench.pcp(other_family).result, PcpResult::malformed_request);
  PcpRequest option = peer_wish(600);
  option.prefer_failure = true;
  EXPECT_EQ(bench.pcp(option).result, PcpResult::unsupp_option);
  bench.pcp(wish(7200, 7));
  EXPECT_EQ(bench.pcp(peer_wish(600, 8)).result, PcpResult::not_authorized) << "another's nonce";
  EXPECT_EQ(bench.pcp(peer_wish(600, 7)).result, PcpResult::success);
  bench.gateway.refusal = MapRefusal::no_resources;
  EXPECT_EQ(bench.pcp(peer_wish(600, 7)).result, PcpResult::no_resources);
  Bench closed({.allow = false});
  EXPECT_EQ(closed.pcp(peer_wish(600)).result, PcpResult::not_authorized);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::portmap
