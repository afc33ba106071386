// What the senders of packets that a NAT does not let through hear from it.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/nat_box.h"
#include "sim/net/icmp_query.h"
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

// alice (192.168.1.5) behind a NAT (198.51.100.7) that has a server (203.0.113.10) on its outside
// link: a millisecond inside, ten outside. The test speaks for both hosts.
struct Bed : net::Testbed {
  explicit Bed(const NatOptions& options)
      : box(network.add<NatBox>("home", options)),
        alice(host("alice", {"192.168.1.5"})),
        server(host("server", {"203.0.113.10"})),
        log(world) {
    add_address(box.outside_interface(), "198.51.100.7");
    const net::LinkOptions wan{.one_way_delay = milliseconds(10)};
    network.connect(box.outside_interface(), *server.interfaces().front(), wan, wan);
    net::Interface& port = box.add_inside_interface();
    port.add_address(ip("192.168.1.1"), 24);
    const net::LinkOptions lan{.one_way_delay = milliseconds(1)};
    network.connect(*alice.interfaces().front(), port, lan, lan);
    for (net::Host* const host : {&alice, &server}) host->tcp().set_silent(true);
  }
  void send(net::Host& from, PacketPtr packet) {
    from.interfaces().front()->send(std::move(packet));
  }
  void tcp(net::Host& from, std::string_view source, std::string_view destination,
           const net::TcpSegment& segment) {
    send(from, net::make_tcp(network.pool(), endpoint(source), endpoint(destination), segment));
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
  // Of the box: when and why.
  std::vector<std::pair<Time, DropReason>> dropped() {
    std::vector<std::pair<Time, DropReason>> all;
    for (const auto& step : log.drops()) {
      if (step.where == box.id()) all.emplace_back(step.at, step.reason);
    }
    return all;
  }

  NatBox& box;
  net::Host& alice;
  net::Host& server;
  PacketLog log;
};

constexpr Time at_box = Time{} + milliseconds(10);  // what the server sends at 0
constexpr net::TcpSegment syn{.seq = 5000, .flags = flag::syn};

TEST(Rfc5382, Req4_AHeldSynIsAnsweredAfterSixSeconds) {
  Bed bed({.unsolicited_syn = UnsolicitedSyn::hold});
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run_until(seconds(6) + milliseconds(10) - nanoseconds(1));
  EXPECT_TRUE(bed.made().empty());
  EXPECT_TRUE(bed.dropped().empty());
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box + seconds(6));
  const auto error = net::parse_icmp_error(*made[0].packet);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error, net::IcmpError::port_unreachable);
  EXPECT_EQ(error->quoted_source, endpoint("203.0.113.10:443"));
  EXPECT_EQ(made[0].packet->source.address, ip("198.51.100.7"));
  EXPECT_EQ(bed.dropped(),
            (std::vector{std::pair(at_box + seconds(6), DropReason::nat_no_mapping)}));
}

TEST(Rfc5382, Req4_AHeldSynThatIsSentAgainIsOne) {
  Bed bed({.unsolicited_syn = UnsolicitedSyn::hold});
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run_until(seconds(1));
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run();
  EXPECT_EQ(bed.made().size(), 1U);
  EXPECT_EQ(bed.dropped(),
            (std::vector{std::pair(at_box + seconds(1), DropReason::nat_syn_repeated),
                         std::pair(at_box + seconds(6), DropReason::nat_no_mapping)}));
}

// Both ends call each other, the outside one first: it hears nothing, and its next SYN meets the
// inside one's.
TEST(Rfc5382, Req4_AnOutboundSynWithdrawsTheHeldOne) {
  Bed bed({.unsolicited_syn = UnsolicitedSyn::hold});
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run_until(seconds(2));
  bed.tcp(bed.alice, "192.168.1.5:5000", "203.0.113.10:443", syn);
  bed.run_until(seconds(3));
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run_until(seconds(20));
  EXPECT_TRUE(bed.made().empty());
  EXPECT_EQ(bed.dropped(), (std::vector{std::pair(Time{} + seconds(2) + milliseconds(1),
                                                  DropReason::nat_syn_withdrawn)}));
}

TEST(Rfc5382, Req4_OtherSynsStayHeld) {
  Bed bed({.unsolicited_syn = UnsolicitedSyn::hold});
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.tcp(bed.server, "203.0.113.10:444", "198.51.100.7:5000", syn);
  bed.run_until(seconds(2));
  bed.tcp(bed.alice, "192.168.1.5:5000", "203.0.113.10:443", syn);
  bed.run_until(seconds(20));
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box + seconds(6));
  EXPECT_EQ(net::parse_icmp_error(*made[0].packet)->quoted_source, endpoint("203.0.113.10:444"));
}

// What goes out between the same endpoints and begins no connection is no answer to the SYN.
TEST(Rfc5382, Req4_OnlyASynWithdrawsTheHeldOne) {
  Bed bed({.tcp_midstream = TcpMidstream::pick_up, .unsolicited_syn = UnsolicitedSyn::hold});
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run_until(seconds(2));
  bed.send(bed.alice, net::make_udp(bed.network.pool(), endpoint("192.168.1.5:5000"),
                                    endpoint("203.0.113.10:443"), as_bytes("x")));
  bed.tcp(bed.alice, "192.168.1.5:5000", "203.0.113.10:443",
          {.seq = 1000, .ack = 1, .flags = flag::ack});
  bed.run_until(seconds(20));
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box + seconds(6));
}

TEST(Answers, ASynCanBeRefusedAtOnce) {
  Bed bed({.unsolicited_syn = UnsolicitedSyn::reset});
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000", syn);
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].at, at_box);
  EXPECT_EQ(made[0].packet->source, endpoint("198.51.100.7:5000"));
  const auto reset = net::parse_tcp(made[0].packet->transport());
  ASSERT_TRUE(reset);
  EXPECT_EQ(reset->flags, flag::rst | flag::ack);
  EXPECT_EQ(reset->seq, 0U);
  EXPECT_EQ(reset->ack, 5001U) << "RFC 9293 §3.10.7.1";
}

TEST(Answers, UnsolicitedUdpCanBeRefused) {
  Bed bed({.unsolicited = Unsolicited::port_unreachable});
  bed.send(bed.server, net::make_udp(bed.network.pool(), endpoint("203.0.113.10:1"),
                                     endpoint("198.51.100.7:5000"), as_bytes("x")));
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(net::parse_icmp_error(*made[0].packet)->error, net::IcmpError::port_unreachable);
}

TEST(Answers, ABoxThatTakesEchoRequestsForItsOwnReplies) {
  Bed bed({.unsolicited = Unsolicited::accept_local_and_track});
  bed.send(bed.server, net::make_icmp_query(bed.network.pool(), ip("203.0.113.10"),
                                            ip("198.51.100.7"), {false, 7, 3}, as_bytes("ping")));
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  const auto reply = net::parse_icmp_query(*made[0].packet);
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->reply);
  EXPECT_EQ(reply->identifier, 7);
  EXPECT_EQ(reply->sequence, 3);
  EXPECT_EQ(made[0].packet->payload().size(), 4U);
}

TEST(Answers, AnInsideHostHearsOfAConnectionThatIsNotKnown) {
  Bed bed({.tcp_midstream = TcpMidstream::reset});
  bed.tcp(bed.alice, "192.168.1.5:5000", "203.0.113.10:443",
          {.seq = 1000, .ack = 2000, .flags = flag::ack});
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].packet->source, endpoint("203.0.113.10:443"));
  EXPECT_EQ(made[0].packet->destination, endpoint("192.168.1.5:5000"));
  EXPECT_EQ(net::parse_tcp(made[0].packet->transport())->seq, 2000U);
}

TEST(Answers, BothEndsOfAnExpiredConnectionGetAnRst) {
  NatOptions options;
  options.tcp_reset_on_expiry = true;
  options.tcp_timeouts.established = seconds(350);
  Bed bed(options);
  bed.tcp(bed.alice, "192.168.1.5:5000", "203.0.113.10:443", {.seq = 1000, .flags = flag::syn});
  bed.run_until(milliseconds(20));
  bed.tcp(bed.server, "203.0.113.10:443", "198.51.100.7:5000",
          {.seq = 5000, .ack = 1001, .flags = flag::syn | flag::ack});
  bed.run_until(milliseconds(40));
  bed.tcp(bed.alice, "192.168.1.5:5000", "203.0.113.10:443",
          {.seq = 1001, .ack = 5001, .flags = flag::ack});
  bed.run();
  const auto made = bed.made();
  ASSERT_EQ(made.size(), 2U);
  for (const auto& m : made) {
    EXPECT_EQ(m.at, Time{} + milliseconds(41) + seconds(350));
    EXPECT_EQ(net::parse_tcp(m.packet->transport())->flags, flag::rst);
  }
  EXPECT_EQ(made[0].packet->source, endpoint("203.0.113.10:443"));
  EXPECT_EQ(made[0].packet->destination, endpoint("192.168.1.5:5000"));
  EXPECT_EQ(net::parse_tcp(made[0].packet->transport())->seq, 5001U);
  EXPECT_EQ(made[1].packet->source, endpoint("198.51.100.7:5000"));
  EXPECT_EQ(made[1].packet->destination, endpoint("203.0.113.10:443"));
  EXPECT_EQ(net::parse_tcp(made[1].packet->transport())->seq, 1001U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
