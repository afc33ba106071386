// A NAT with packets to put through it, for tests of the pure component.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/nat/nat.h"
#include "sim/net/packet.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/wire.h"

namespace natsim::nat {

inline Endpoint at(const char* text) { return *Endpoint::parse(text); }
inline IpAddress ip(const char* text) { return *IpAddress::parse(text); }
inline constexpr Time second(std::int64_t n) { return Time{} + seconds(n); }

// What became of one packet.
struct Outcome {
  Verdict verdict;
  Endpoint source;
  Endpoint destination;
  std::string note;

  [[nodiscard]] bool forwarded() const { return verdict.action == Verdict::Action::forward; }
  [[nodiscard]] bool hairpinned() const { return verdict.action == Verdict::Action::hairpin; }
  [[nodiscard]] core::DropReason reason() const { return verdict.reason; }
};

class NatUnderTest : private MappingSink {
 public:
  explicit NatUnderTest(const NatOptions& options,
                        std::initializer_list<const char*> externals = {"198.51.100.7"},
                        std::uint64_t seed = 1)
      : nat(options, Random(seed), *this) {
    EXPECT_TRUE(validate(options).empty());
    for (const char* external : externals) nat.add_external_address(ip(external));
  }

  Outcome out(const Endpoint& internal, const Endpoint& remote, Time now = Time{}) {
    return pass(net::make_udp(pool, internal, remote, as_bytes("out")), now, true);
  }
  Outcome in(const Endpoint& remote, const Endpoint& external, Time now = Time{}) {
    return pass(net::make_udp(pool, remote, external, as_bytes("in")), now, false);
  }
  // Sends a packet that must get through, and tells where it comes from as seen outside.
  Endpoint map(const Endpoint& internal, const Endpoint& remote, Time now = Time{}) {
    const Outcome outcome = out(internal, remote, now);
    EXPECT_TRUE(outcome.forwarded()) << outcome.note;
    EXPECT_EQ(outcome.destination, remote);
    return outcome.source;
  }
  Outcome pass(const net::PacketPtr& packet, Time now, bool outbound) {
    const Bytes before(packet->datagram().begin(), packet->datagram().end());
    const Verdict verdict = outbound ? nat.outbound(*packet, now) : nat.inbound(*packet, now);
    const ByteView after = packet->datagram();
    if (verdict.action == Verdict::Action::drop) {
      EXPECT_NE(verdict.reason, core::DropReason::none);
      EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin(), after.end()));
    } else {
      EXPECT_EQ(verdict.reason, core::DropReason::none);
      EXPECT_TRUE(net::checksums_right(*packet));
    }
    return {verdict, packet->source, packet->destination, nat.explain(verdict, *packet, now)};
  }
  // TCP segments without data.
  Outcome tcp_out(const Endpoint& internal, const Endpoint& remote, std::uint8_t flags,
                  std::uint32_t seq, std::uint32_t ack = 0, Time now = Time{}) {
    const net::TcpSegment segment{.seq = seq, .ack = ack, .flags = flags};
    return pass(net::make_tcp(pool, internal, remote, segment), now, true);
  }
  Outcome tcp_in(const Endpoint& remote, const Endpoint& external, std::uint8_t flags,
                 std::uint32_t seq, std::uint32_t ack = 0, Time now = Time{}) {
    const net::TcpSegment segment{.seq = seq, .ack = ack, .flags = flags};
    return pass(net::make_tcp(pool, remote, external, segment), now, false);
  }
  // Steps of the events so far.
  [[nodiscard]] std::vector<core::MappingStep> steps() const {
    std::vector<core::MappingStep> all;
    for (const core::MappingEvent& event : events) all.push_back(event.step);
    return all;
  }

  net::PacketPool pool;
  std::vector<core::MappingEvent> events;
  std::vector<ExpiredConnection> connections;  // whose ends are to get an RST
  Nat nat;

 private:
  void on_mapping(const core::MappingEvent& event) override { events.push_back(event); }
  void on_connection_expired(const ExpiredConnection& connection) override {
    connections.push_back(connection);
  }
};

}  // namespace natsim::nat
