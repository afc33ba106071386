// What the senders of SYNs hear that a firewall does not let in (RFC 6092 REC-34).
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/firewall_box.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/tcp_stack.h"
#include "tests/sim/net/testbed.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

using core::DropReason;
using core::PacketStep;
using net::endpoint;
using net::ip;
using net::PacketLog;
using net::PacketPtr;
namespace flag = net::tcp_flag;

const Endpoint inside = endpoint("[2001:db8:1::5]:5000");
const Endpoint outside = endpoint("[2001:db8:2::9]:443");
const Endpoint other_port = endpoint("[2001:db8:2::9]:444");

constexpr net::TcpSegment syn{.seq = 5000, .flags = flag::syn};
constexpr Time at_box = Time{} + milliseconds(10);  // what is sent outside at 0

FirewallOptions with(UnsolicitedSyn policy) { return {.unsolicited_syn = policy}; }

// A millisecond inside, ten outside. The test speaks for both hosts.
struct Bed : net::Testbed {
  explicit Bed(const FirewallOptions& options)
      : box(network.add<FirewallBox>("guard", options)),
        host_inside(host("inside", {"2001:db8:1::5"})),
        host_outside(host("outside", {"2001:db8:2::9"})),
        log(world) {
    net::Interface& port = box.add_interface();
    port.add_address(ip("2001:db8:1::1"), 128);
    box.outside_interface().add_address(ip("2001:db8:1::2"), 128);
    const net::LinkOptions lan{.one_way_delay = milliseconds(1)};
    const net::LinkOptions wan{.one_way_delay = milliseconds(10)};
    network.connect(*host_inside.interfaces().front(), port, lan, lan);
    network.connect(*host_outside.interfaces().front(), box.outside_interface(), wan, wan);
    for (net::Host* const host : {&host_inside, &host_outside}) host->tcp().set_silent(true);
  }
  void tcp(const Endpoint& source, const Endpoint& destination, const net::TcpSegment& segment) {
    net::Host& from = source == inside ? host_inside : host_outside;
    from.interfaces().front()->send(net::make_tcp(network.pool(), source, destination, segment));
  }
  // What the box has made and when.
  struct Made {
    Time at;
    PacketPtr packet;
  };
  std::vector<Made> made() {
    std::vector<Made> all;
    for (const auto& step : log.of(PacketStep::created)) {
      if (step.where != box.id()) continue;
      all.push_back({step.at, net::parse_datagram(network.pool(), step.datagram)});
      EXPECT_TRUE(net::checksums_right(*all.back().packet));
    }
    return all;
  }
  // By the box: when and what is told of it. All are of firewall_no_state.
  std::vector<std::pair<Time, std::string>> dropped() {
    std::vector<std::pair<Time, std::string>> all;
    for (const auto& step : log.drops()) {
      if (step.where != box.id()) continue;
      EXPECT_EQ(step.reason, DropReason::firewall_no_state);
      all.emplace_back(step.at, step.note);
    }
    return all;
  }

  FirewallBox& box;
  net::Host& host_inside;
  net::Host& host_outside;
  PacketLog log;
};

constexpr const char* unanswered = "no inside host sent a SYN of its own while the firewall waited";
constexpr const char* not_asked_for = "filter EIF: [2001:db8:1::5]:5000 has sent nothing";

TEST(Rfc6092, Rec34_AHeldSynIsAnsweredAfterSixSeconds) {
  Bed bed(with(UnsolicitedSyn::hold));
  bed.tcp(outside, inside, syn);
  bed.run_until(milliseconds(10) + seconds(6) - nanoseconds(1));
  EXPECT_TRUE(bed.made().empty());
  EXPECT_TRUE(bed.dropped().empty());
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box + seconds(6));
  EXPECT_EQ(made[0].packet->source.address, ip("2001:db8:1::2"));
  const auto error = net::parse_icmp_error(*made[0].packet);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error, net::IcmpError::admin_prohibited);
  EXPECT_EQ(error->quoted_source, outside);
  EXPECT_EQ(error->quoted_destination, inside);
  EXPECT_EQ(bed.dropped(), (std::vector{std::pair(at_box + seconds(6), std::string(unanswered))}));
}

TEST(Rfc6092, Rec34_IsWhatThePresetDoes) {
  EXPECT_EQ(find_firewall_preset("rfc6092")->unsolicited_syn, UnsolicitedSyn::hold);
}

TEST(Rfc6092, Rec34_AHeldSynThatIsSentAgainIsOne) {
  Bed bed(with(UnsolicitedSyn::hold));
  bed.tcp(outside, inside, syn);
  bed.run_until(seconds(1));
  bed.tcp(outside, inside, syn);
  bed.run();
  EXPECT_EQ(bed.made().size(), 1U);
  EXPECT_EQ(bed.dropped(),
            (std::vector{std::pair(at_box + seconds(1),
                                   std::string("the firewall already keeps a SYN of the "
                                               "connection")),
                         std::pair(at_box + seconds(6), std::string(unanswered))}));
}

// Both ends call each other, the outside one first: it hears nothing, and its next SYN meets the
// inside one's.
TEST(Rfc6092, Rec34_AnOutboundSynWithdrawsTheHeldOneAlone) {
  Bed bed(with(UnsolicitedSyn::hold));
  bed.tcp(outside, inside, syn);
  bed.tcp(other_port, {inside.address, 5001}, syn);
  bed.run_until(seconds(2));
  bed.tcp(inside, outside, syn);
  bed.run_until(seconds(3));
  bed.tcp(outside, inside, syn);
  bed.run_until(seconds(20));
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box + seconds(6));
  EXPECT_EQ(net::parse_icmp_error(*made[0].packet)->quoted_source, other_port);
  EXPECT_EQ(bed.dropped(),
            (std::vector{std::pair(Time{} + seconds(2) + milliseconds(1),
                                   std::string("the firewall kept the SYN until the inside host "
                                               "sent its own")),
                         std::pair(at_box + seconds(6), std::string(unanswered))}));
}

// What goes out between the same endpoints and begins no connection is no answer to the SYN.
TEST(Rfc6092, Rec34_OnlyASynWithdrawsTheHeldOne) {
  Bed bed(with(UnsolicitedSyn::hold));
  bed.tcp(outside, inside, syn);
  bed.run_until(seconds(2));
  bed.tcp(inside, outside, {.seq = 1, .flags = flag::rst});
  bed.host_inside.interfaces().front()->send(
      net::make_udp(bed.network.pool(), inside, outside, as_bytes("x")));
  bed.run_until(seconds(20));
  ASSERT_EQ(bed.made().size(), 1U);
  EXPECT_EQ(bed.made()[0].at, at_box + seconds(6));
}

TEST(Rfc6092, Rec34_AFlushForgetsTheHeldOnes) {
  Bed bed(with(UnsolicitedSyn::hold));
  bed.tcp(outside, inside, syn);
  bed.run_until(seconds(2));
  bed.box.flush();
  bed.run();
  EXPECT_TRUE(bed.made().empty());
  EXPECT_EQ(
      bed.dropped(),
      (std::vector{std::pair(Time{} + seconds(2),
                             std::string("the firewall was flushed while it kept the SYN"))}));
}

TEST(FirewallSyns, AreRefusedAtOnceWithAnRst) {
  Bed bed(with(UnsolicitedSyn::reset));
  bed.tcp(outside, inside, syn);
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box);
  EXPECT_EQ(made[0].packet->source, inside);
  const auto reset = net::parse_tcp(made[0].packet->transport());
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->flags, flag::rst | flag::ack);
  EXPECT_EQ(reset->ack, 5001U) << "RFC 9293 §3.10.7.1";
  EXPECT_EQ(bed.dropped(), (std::vector{std::pair(at_box, std::string(not_asked_for))}));
}

TEST(FirewallSyns, AreRefusedAtOnceWithPortUnreachable) {
  Bed bed(with(UnsolicitedSyn::port_unreachable));
  bed.tcp(outside, inside, syn);
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box);
  EXPECT_EQ(net::parse_icmp_error(*made[0].packet)->error, net::IcmpError::port_unreachable);
}

// The other senders outside hear what they heard before.
TEST(FirewallSyns, AreDroppedSilentlyWhereOthersAreRefused) {
  Bed bed({.refuse_inbound = Refusal::icmp, .unsolicited_syn = UnsolicitedSyn::drop});
  bed.tcp(outside, inside, syn);
  bed.run();
  EXPECT_TRUE(bed.made().empty());
  EXPECT_EQ(bed.dropped(), (std::vector{std::pair(at_box, std::string(not_asked_for))}));
  bed.tcp(outside, inside, {.seq = 1, .ack = 1, .flags = flag::ack});
  bed.run();
  ASSERT_EQ(bed.made().size(), 1U);
  EXPECT_EQ(net::parse_icmp_error(*bed.made()[0].packet)->error, net::IcmpError::admin_prohibited);
}

// A rule that denies a SYN has judged it: nothing that the inside host does would let it in.
TEST(FirewallSyns, ThatARuleDeniesAreNotHeld) {
  Bed bed({.inbound = {{.allow = false, .protocol = net::Protocol::tcp}},
           .refuse_inbound = Refusal::icmp,
           .unsolicited_syn = UnsolicitedSyn::hold});
  bed.tcp(outside, inside, syn);
  bed.run();
  ASSERT_EQ(bed.made().size(), 1U);
  EXPECT_EQ(bed.made()[0].at, at_box);
  EXPECT_EQ(bed.drops(DropReason::firewall_rule), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
