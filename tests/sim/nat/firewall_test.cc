// A stateful firewall (RFC 6092).
#include "sim/nat/firewall.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/firewall_box.h"
#include "sim/net/fragment.h"
#include "sim/net/icmp_query.h"
#include "sim/net/tcp_segment.h"
#include "tests/sim/net/testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using net::endpoint;
using net::ip;
using net::PacketPtr;
using enum Dependence;
namespace flag = net::tcp_flag;

const Endpoint inside = endpoint("[2001:db8:1::5]:5000");
const Endpoint outside = endpoint("[2001:db8:2::9]:3478");
const Endpoint other_port = endpoint("[2001:db8:2::9]:9999");
const Endpoint stranger = endpoint("[2001:db8:3::1]:3478");

constexpr Time at(Duration since_start) { return Time{} + since_start; }

class FirewallUnderTest {
 public:
  explicit FirewallUnderTest(const FirewallOptions& options) : firewall(options) {
    EXPECT_TRUE(validate(options).empty());
  }
  DropReason out(const Endpoint& from, const Endpoint& to, Duration when = {}) {
    return judge(net::make_udp(pool, from, to, as_bytes("out")), true, when);
  }
  DropReason in(const Endpoint& from, const Endpoint& to, Duration when = {}) {
    return judge(net::make_udp(pool, from, to, as_bytes("in")), false, when);
  }
  DropReason tcp(bool outbound, const Endpoint& from, const Endpoint& to, std::uint8_t flags,
                 std::uint32_t seq, std::uint32_t ack, Duration when = {}) {
    const net::TcpSegment segment{.seq = seq, .ack = ack, .flags = flags};
    return judge(net::make_tcp(pool, from, to, segment), outbound, when);
  }
  DropReason judge(const PacketPtr& packet, bool outbound, Duration when) {
    const Time now = at(when);
    const FirewallVerdict verdict =
        outbound ? firewall.outbound(*packet, now) : firewall.inbound(*packet, now);
    note = verdict.passes() ? "" : firewall.explain(verdict, *packet, outbound, now);
    return verdict.reason;
  }

  net::PacketPool pool;
  Firewall firewall;
  std::string note;  // on the latest verdict
};

FirewallOptions filtering(Dependence dependence) { return {.filtering = dependence}; }

TEST(Firewall, Rfc6092_Rec11_WhatNobodyAskedForIsDropped) {
  FirewallUnderTest box({});
  EXPECT_EQ(box.in(outside, inside), DropReason::firewall_no_state);
  EXPECT_EQ(box.note, "filter EIF: [2001:db8:1::5]:5000 has sent nothing");
}

TEST(Firewall, Rfc6092_Rec14_AUdpFlowLastsTwoIdleMinutes) {
  FirewallUnderTest box({});
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.in(outside, inside, seconds(120) - nanoseconds(1)), DropReason::none);
  EXPECT_EQ(box.in(outside, inside, seconds(120)), DropReason::firewall_state_expired);
  EXPECT_EQ(box.note,
            "what [2001:db8:1::5]:5000 had opened for anyone expired 0s earlier, after 120s "
            "without a packet that restarts it");
}

TEST(Firewall, Rfc6092_Rec16_OutboundPacketsRestartTheTimerAndInboundOnesNeedNot) {
  FirewallUnderTest box({});
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.out(inside, outside, seconds(100)), DropReason::none);
  EXPECT_EQ(box.in(outside, inside, seconds(200)), DropReason::none);
  EXPECT_EQ(box.in(outside, inside, seconds(220)), DropReason::firewall_state_expired);

  FirewallUnderTest both({.refresh = Refresh::both});
  EXPECT_EQ(both.out(inside, outside), DropReason::none);
  EXPECT_EQ(both.in(outside, inside, seconds(100)), DropReason::none);
  EXPECT_EQ(both.in(outside, inside, seconds(219)), DropReason::none);
}

TEST(Firewall, Rfc6092_Rec17_EndpointIndependentFilteringAdmitsAnyone) {
  FirewallUnderTest box(filtering(endpoint_independent));
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.in(stranger, inside), DropReason::none);
  // Another socket of the same host is another endpoint.
  EXPECT_EQ(box.in(outside, {inside.address, 5001}), DropReason::firewall_no_state);
}

TEST(Firewall, AddressDependentFilteringAdmitsTheAddress) {
  FirewallUnderTest box(filtering(address_dependent));
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.in(other_port, inside), DropReason::none);
  EXPECT_EQ(box.in(stranger, inside), DropReason::firewall_no_state);
  EXPECT_EQ(box.note, "filter ADF: [2001:db8:1::5]:5000 has sent nothing to 2001:db8:3::1");
}

TEST(Firewall, AddressAndPortDependentFilteringAdmitsTheEndpoint) {
  FirewallUnderTest box(filtering(address_and_port_dependent));
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.in(outside, inside), DropReason::none);
  EXPECT_EQ(box.in(other_port, inside), DropReason::firewall_no_state);
  const auto flows = box.firewall.flows(Time{});
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].internal, inside);
  EXPECT_EQ(flows[0].remote, outside);
  EXPECT_EQ(flows[0].expires, at(seconds(120)));
}

TEST(Firewall, Rfc6092_Rec18_ErrorsAboutAFlowPassAndRefreshNothing) {
  FirewallUnderTest box({});
  const PacketPtr sent = net::make_udp(box.pool, inside, outside, as_bytes("out"));
  const IpAddress router = ip("2001:db8:ffff::1");
  const auto error = [&] {
    return net::make_icmp_error(box.pool, router, net::IcmpError::host_unreachable, *sent);
  };
  EXPECT_EQ(box.judge(error(), false, {}), DropReason::firewall_no_state);
  EXPECT_EQ(
      box.note,
      "the error quotes a packet [2001:db8:1::5]:5000 -> [2001:db8:2::9]:3478 of no flow that "
      "was let through");
  EXPECT_EQ(box.judge(sent, true, {}), DropReason::none);
  EXPECT_EQ(box.judge(error(), false, seconds(119)), DropReason::none);
  EXPECT_EQ(box.judge(error(), false, seconds(120)), DropReason::firewall_no_state);
}

TEST(Firewall, AnErrorFromInsidePassesIfWhatItQuotesHadCome) {
  FirewallUnderTest box({});
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  const PacketPtr received = net::make_udp(box.pool, outside, inside, as_bytes("in"));
  EXPECT_EQ(box.judge(net::make_icmp_error(box.pool, inside.address,
                                           net::IcmpError::port_unreachable, *received),
                      true, {}),
            DropReason::none);
  const PacketPtr never = net::make_udp(box.pool, outside, {inside.address, 1}, as_bytes("in"));
  EXPECT_EQ(box.judge(net::make_icmp_error(box.pool, inside.address,
                                           net::IcmpError::port_unreachable, *never),
                      true, {}),
            DropReason::firewall_no_state);
}

TEST(Firewall, AnEchoIsAnswered) {
  FirewallUnderTest box({});
  const auto echo = [&](bool reply, std::uint16_t identifier) {
    return net::make_icmp_query(box.pool, reply ? outside.address : inside.address,
                                reply ? inside.address : outside.address,
                                {.reply = reply, .identifier = identifier}, as_bytes("ping"));
  };
  EXPECT_EQ(box.judge(echo(true, 7), false, {}), DropReason::firewall_no_state);
  EXPECT_EQ(box.judge(echo(false, 7), true, {}), DropReason::none);
  EXPECT_EQ(box.judge(echo(true, 7), false, seconds(60) - nanoseconds(1)), DropReason::none);
  EXPECT_EQ(box.judge(echo(true, 8), false, seconds(60) - nanoseconds(1)),
            DropReason::firewall_no_state);
  EXPECT_EQ(box.judge(echo(true, 7), false, seconds(60)), DropReason::firewall_state_expired);
}

TEST(FirewallTcp, Rfc6092_Rec31_SimultaneousOpenPasses) {
  FirewallUnderTest box(filtering(address_and_port_dependent));
  EXPECT_EQ(box.tcp(true, inside, outside, flag::syn, 100, 0), DropReason::none);
  EXPECT_EQ(box.tcp(false, outside, inside, flag::syn, 500, 0), DropReason::none);
  EXPECT_EQ(box.tcp(true, inside, outside, flag::syn | flag::ack, 100, 501), DropReason::none);
  EXPECT_EQ(box.tcp(false, outside, inside, flag::syn | flag::ack, 500, 101), DropReason::none);
  EXPECT_EQ(box.firewall.flows(Time{})[0].tcp_state, TcpState::established);
}

TEST(FirewallTcp, Rfc6092_Rec35_AnEstablishedConnectionLastsTwoHoursAndFourMinutes) {
  FirewallUnderTest box({});
  EXPECT_EQ(box.tcp(true, inside, outside, flag::syn, 100, 0), DropReason::none);
  // 4 min for what is not yet established.
  EXPECT_EQ(box.firewall.flows(Time{})[0].expires, at(seconds(240)));
  EXPECT_EQ(box.tcp(false, outside, inside, flag::syn | flag::ack, 500, 101), DropReason::none);
  EXPECT_EQ(box.tcp(true, inside, outside, flag::ack, 101, 501), DropReason::none);
  EXPECT_EQ(box.firewall.flows(Time{})[0].expires, at(seconds(7440)));
  EXPECT_EQ(box.tcp(false, outside, inside, flag::ack, 501, 101, seconds(7439)), DropReason::none);
  EXPECT_EQ(box.tcp(false, outside, inside, flag::ack, 501, 101, seconds(7439 + 7440)),
            DropReason::firewall_state_expired);
}

TEST(FirewallTcp, OnlyASynBeginsAFlowFromOutside) {
  FirewallUnderTest box(filtering(endpoint_independent));
  EXPECT_EQ(box.tcp(true, inside, outside, flag::syn, 100, 0), DropReason::none);
  EXPECT_EQ(box.tcp(false, stranger, inside, flag::ack, 1, 1), DropReason::firewall_no_state);
  EXPECT_EQ(box.tcp(false, stranger, inside, flag::syn, 1, 0), DropReason::none);
  EXPECT_EQ(box.tcp(false, stranger, inside, flag::ack, 2, 1), DropReason::none);
}

TEST(FirewallTcp, Rfc7857_2_2_AnRstBringsTheEndForward) {
  FirewallUnderTest box({});
  // In the middle of a connection that is older than the firewall.
  EXPECT_EQ(box.tcp(true, inside, outside, flag::ack, 100, 500), DropReason::none);
  EXPECT_EQ(box.firewall.flows(Time{})[0].expires, at(seconds(7440)));
  EXPECT_EQ(box.tcp(false, outside, inside, flag::rst, 500, 0, seconds(10)), DropReason::none);
  EXPECT_EQ(box.firewall.flows(at(seconds(10)))[0].expires, at(seconds(250)));
  // A second one puts nothing off.
  EXPECT_EQ(box.tcp(false, outside, inside, flag::rst, 500, 0, seconds(100)), DropReason::none);
  EXPECT_EQ(box.firewall.flows(at(seconds(100)))[0].expires, at(seconds(250)));
}

TEST(FirewallRules, TheFirstThatMatchesDecides) {
  FirewallUnderTest box({.outbound = {{.allow = true,
                                       .protocol = net::Protocol::udp,
                                       .ports = PortRange{3000, 4000},
                                       .remote = Prefix::parse("2001:db8:2::/48")},
                                      {.allow = false, .ports = PortRange{3478, 3478}}}});
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.out(inside, stranger), DropReason::firewall_rule);
  EXPECT_EQ(box.note, "rule 2: deny everything port 3478");
  EXPECT_EQ(box.out(inside, other_port), DropReason::none);
}

TEST(FirewallRules, InboundOnesAdmitStrangers) {
  FirewallUnderTest box(
      {.inbound = {
           {.allow = false, .remote = Prefix::parse("2001:db8:3::/48")},
           {.allow = true, .protocol = net::Protocol::udp, .ports = PortRange{5000, 5000}}}});
  EXPECT_EQ(box.in(outside, inside), DropReason::none);
  EXPECT_EQ(box.in(outside, {inside.address, 5001}), DropReason::firewall_no_state);
}

TEST(FirewallRules, InboundOnesDenyBeforeOthersAllow) {
  FirewallUnderTest box(
      {.inbound = {{.allow = false, .remote = Prefix::parse("2001:db8:3::/48")}, {.allow = true}}});
  EXPECT_EQ(box.in(stranger, inside), DropReason::firewall_rule);
  EXPECT_EQ(box.note, "rule 1: deny everything from 2001:db8:3::/48");
  EXPECT_EQ(box.in(outside, inside), DropReason::none);
}

TEST(FirewallPresets, UdpBlockedLeavesDns) {
  FirewallUnderTest box(*find_firewall_preset("udp-blocked"));
  EXPECT_EQ(box.out(inside, {outside.address, 53}), DropReason::none);
  EXPECT_EQ(box.out(inside, outside), DropReason::firewall_udp_blocked);
  EXPECT_EQ(box.note, "rule 2: deny udp");
  EXPECT_EQ(box.tcp(true, inside, outside, flag::syn, 1, 0), DropReason::none);
}

TEST(FirewallPresets, Tcp443OnlyLeavesThat) {
  FirewallUnderTest box(*find_firewall_preset("tcp-443-only"));
  EXPECT_EQ(box.out(inside, {outside.address, 443}), DropReason::firewall_port_not_allowed);
  EXPECT_EQ(box.note, "no rule allows it; the rules: allow tcp port 443");
  EXPECT_EQ(box.tcp(true, inside, {outside.address, 443}, flag::syn, 1, 0), DropReason::none);
  EXPECT_EQ(box.tcp(true, inside, {outside.address, 80}, flag::syn, 1, 0),
            DropReason::firewall_port_not_allowed);
}

TEST(FirewallPresets, ACaptivePortalOpensForWhoeverLogsIn) {
  FirewallUnderTest box(*find_firewall_preset("captive-portal"));
  const Endpoint neighbour = endpoint("[2001:db8:1::6]:5000");
  EXPECT_EQ(box.out(inside, {outside.address, 53}), DropReason::none);
  EXPECT_EQ(box.out(inside, outside), DropReason::captive_portal);
  EXPECT_EQ(box.note, "2001:db8:1::5 has not logged in: nothing but DNS gets out");
  box.firewall.log_in(inside.address);
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  EXPECT_EQ(box.out(neighbour, outside), DropReason::captive_portal);
  box.firewall.log_in_all();
  EXPECT_EQ(box.out(neighbour, outside), DropReason::none);
  box.firewall.log_out_all();
  EXPECT_EQ(box.out(neighbour, other_port), DropReason::captive_portal);
  EXPECT_EQ(box.out(neighbour, outside), DropReason::none) << "a flow that has begun goes on";
}

TEST(FirewallPresets, AreValid) {
  for (const FirewallPreset& preset : firewall_presets()) {
    EXPECT_TRUE(validate(preset.make()).empty()) << preset.name;
  }
}

TEST(FirewallOptionsTest, TimersArePositive) {
  const auto errors = validate(FirewallOptions{.udp_timeout = Duration{}});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "udp_timeout");
}

// A host behind a firewall and one outside; 1 + 10 ms from one to the other.
struct Guarded : net::Testbed {
  explicit Guarded(const FirewallOptions& options)
      : box(network.add<FirewallBox>("guard", options)),
        host_inside(host("inside", {"2001:db8:1::5"})),
        host_outside(host("outside", {"2001:db8:2::9"})) {
    net::Interface& port = box.add_interface();
    port.add_address(ip("2001:db8:1::1"), 128);
    box.outside_interface().add_address(ip("2001:db8:1::2"), 128);
    const net::LinkOptions lan{.one_way_delay = milliseconds(1)};
    const net::LinkOptions wan{.one_way_delay = milliseconds(10)};
    network.connect(*host_inside.interfaces().front(), port, lan, lan);
    network.connect(*host_outside.interfaces().front(), box.outside_interface(), wan, wan);
    inside_socket = &open(host_inside, "[2001:db8:1::5]:5000", at_inside);
    outside_socket = &open(host_outside, "[2001:db8:2::9]:3478", at_outside);
  }

  FirewallBox& box;
  net::Host& host_inside;
  net::Host& host_outside;
  net::Mailbox at_inside;
  net::Mailbox at_outside;
  net::UdpSocket* inside_socket;
  net::UdpSocket* outside_socket;
};

TEST(FirewallBox, ForwardsUnchangedAndBothEndsMustSend) {
  Guarded net({});
  net.outside_socket->send(inside, as_bytes("early"));
  net.run();
  EXPECT_TRUE(net.at_inside.letters.empty());
  EXPECT_EQ(net.drops(DropReason::firewall_no_state), 1U);
  net.inside_socket->send(outside, as_bytes("hello"));
  net.run();
  ASSERT_EQ(net.at_outside.letters.size(), 1U);
  EXPECT_EQ(net.at_outside.letters[0].from, inside);
  EXPECT_EQ(net.at_outside.letters[0].at, Time{} + milliseconds(10 + 11));
  EXPECT_EQ(net.at_outside.letters[0].hop_limit, net::default_hop_limit - 1);
  net.outside_socket->send(inside, as_bytes("late"));
  net.run();
  EXPECT_EQ(net.at_inside.letters.size(), 1U);
}

TEST(FirewallBox, SaysAdministrativelyProhibitedIfItIsToSaySo) {
  Guarded net({.allow_outbound = false, .refuse_outbound = Refusal::icmp});
  net.inside_socket->send(outside, as_bytes("hello"));
  net.run();
  EXPECT_EQ(net.drops(DropReason::firewall_port_not_allowed), 1U);
  ASSERT_EQ(net.at_inside.failures.size(), 1U);
  EXPECT_EQ(net.at_inside.failures[0].error, net::IcmpError::admin_prohibited);
  EXPECT_EQ(net.at_inside.failures[0].at, Time{} + milliseconds(2));
}

TEST(FirewallBox, ResetsTcpInTheOtherEndsName) {
  Guarded net({.allow_outbound = false, .refuse_outbound = Refusal::reset});
  net::PacketLog log(net.world);
  net::PacketPtr syn = net::make_tcp(net.network.pool(), inside, {outside.address, 80},
                                     {.seq = 1000, .flags = flag::syn});
  net.host_inside.interfaces().front()->send(std::move(syn));
  net.run();
  const auto made = log.of(core::PacketStep::created);
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].source, (Endpoint{outside.address, 80}));
  EXPECT_EQ(made[0].destination, inside);
  // RFC 9293 §3.10.7.1: no ACK in the segment, so the sequence number is 0 and all is acknowledged.
  const auto reset = net::parse_tcp(ByteView(made[0].datagram).subspan(net::ipv6_header_size));
  ASSERT_TRUE(reset.has_value());
  EXPECT_EQ(reset->flags, flag::rst | flag::ack);
  EXPECT_EQ(reset->seq, 0U);
  EXPECT_EQ(reset->ack, 1001U);
}

// Of a datagram in fragments only the first has ports; the others go its way.
TEST(Firewall, LaterFragmentsGoTheWayOfTheFirst) {
  FirewallUnderTest box({});
  const auto pieces = [&](const Endpoint& from, const Endpoint& to, std::uint32_t identification) {
    return net::cut_at_source(box.pool, *net::make_udp(box.pool, from, to, Bytes(3000, 0x5a)), 1280,
                              identification);
  };
  EXPECT_EQ(box.out(inside, outside), DropReason::none);
  const auto answer = pieces(outside, inside, 1);
  EXPECT_EQ(box.judge(answer[1], false, {}), DropReason::firewall_no_state);
  EXPECT_EQ(box.note,
            "the first fragment of its datagram, which alone has ports, has not passed before");
  EXPECT_EQ(box.judge(answer[0], false, {}), DropReason::none);
  EXPECT_EQ(box.judge(answer[1], false, {}), DropReason::none);
  EXPECT_EQ(box.judge(answer[2], false, seconds(30) - nanoseconds(1)), DropReason::none);
  EXPECT_EQ(box.judge(answer[2], false, seconds(30)), DropReason::firewall_no_state);
  EXPECT_EQ(box.judge(answer[1], true, seconds(30)), DropReason::none)
      << "the other side's, by the rules";

  const auto strange = pieces(stranger, Endpoint{inside.address, 1}, 2);
  EXPECT_EQ(box.judge(strange[0], false, seconds(30)), DropReason::firewall_no_state);
  EXPECT_EQ(box.judge(strange[1], false, seconds(30)), DropReason::firewall_no_state);
  EXPECT_EQ(box.note, "as the first fragment of its datagram");
  EXPECT_EQ(box.firewall.flows(at(seconds(30))).size(), 1U) << "none begun by a later fragment";
}

TEST(Firewall, LaterFragmentsFromInsideAreBlockedWithTheFirst) {
  FirewallUnderTest box(
      {.outbound = {{.protocol = net::Protocol::udp}}, .refuse_outbound = Refusal::icmp});
  const auto pieces = net::cut_at_source(
      box.pool, *net::make_udp(box.pool, inside, outside, Bytes(3000, 0x5a)), 1280, 1);
  EXPECT_EQ(box.judge(pieces[0], true, {}), DropReason::firewall_udp_blocked);
  EXPECT_EQ(box.judge(pieces[1], true, {}), DropReason::firewall_udp_blocked);
  EXPECT_EQ(box.firewall.outbound(*pieces[1], at({})).refusal, Refusal::silence);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
