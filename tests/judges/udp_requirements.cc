// RFC 4787 and what RFC 6888 adds to it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "tests/judges/preset_groups.h"
#include "tests/judges/requirements.h"
#include "tests/sim/nat/home_testbed.h"
#include "tests/sim/nat/nat_under_test.h"

namespace natsim::judges {
namespace {

using nat::at;
using nat::ip;
using nat::NatOptions;
using nat::NatUnderTest;
using nat::Outcome;
using nat::second;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:5000");  // the same port
const Endpoint server = at("203.0.113.10:3478");
const Endpoint same_address = at("203.0.113.10:3479");
const Endpoint elsewhere = at("203.0.113.11:3479");

Endpoint numbered(const Endpoint& endpoint, int k) {
  return {endpoint.address, static_cast<std::uint16_t>(endpoint.port + k)};
}

// How long a mapping lives that nobody answered.
Duration first_timeout(const NatOptions& options) {
  return options.udp_timeout_new > Duration{} ? options.udp_timeout_new : options.udp_timeout;
}

bool req1(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  return t.out(alice, same_address).source == external &&
         t.out(alice, elsewhere).source == external;
}

// The same for one of two hosts that use the same port.
bool req1_after_collision(const NatOptions& options) {
  NatUnderTest t(options);
  t.out(alice, server);
  const Endpoint external = t.out(bob, elsewhere).source;
  const Outcome later = t.out(bob, server);
  return later.forwarded() && later.source == external;
}

bool req2(const NatOptions& options) {
  NatUnderTest t(options, {"198.51.100.1", "198.51.100.2", "198.51.100.3"});
  std::set<IpAddress> addresses;
  for (int k = 0; k < 30; ++k) {
    addresses.insert(t.out(numbered(alice, k), numbered(server, k)).source.address);
  }
  return addresses.size() == 1;
}

// Two hosts with the same ports, towards remotes that are all different. So many that ports drawn
// at random would meet: 2000 out of 15535 share none with a probability of less than e^-100.
bool req3(const NatOptions& options) {
  NatUnderTest t(options);
  std::set<Endpoint> alices;
  for (int k = 0; k < 2000; ++k) {
    const Outcome outcome = t.out(numbered(alice, k), numbered(server, k));
    if (outcome.forwarded()) alices.insert(outcome.source);
  }
  for (int k = 0; k < 2000; ++k) {
    const Outcome outcome = t.out(numbered(bob, k), numbered(elsewhere, k));
    if (outcome.forwarded() && alices.contains(outcome.source)) return false;
  }
  return true;
}

bool req3a(const NatOptions& options) {
  NatUnderTest t(options);
  for (const char* const host : {"192.168.1.5", "192.168.1.6"}) {
    for (const std::uint16_t port : std::array<std::uint16_t, 4>{500, 1023, 1024, 5000}) {
      const Outcome outcome = t.out({ip(host), port}, server);
      if (outcome.forwarded() && (outcome.source.port < 1024) != (port < 1024)) return false;
    }
  }
  return true;
}

bool req4(const NatOptions& options) {
  NatUnderTest t(options);
  for (int host = 5; host < 21; ++host) {
    const Endpoint internal{IpAddress::v4(192, 168, 1, static_cast<std::uint8_t>(host)), 5000};
    const Outcome outcome = t.out(internal, server);
    if (outcome.forwarded() && outcome.source.port % 2 != 0) return false;
  }
  return true;
}

bool usable_after(const NatOptions& options, Duration idle) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  return t.in(server, external, Time{} + idle).forwarded();
}
bool req5(const NatOptions& options) { return usable_after(options, seconds(119)); }
bool req5c(const NatOptions& options) { return usable_after(options, seconds(299)); }

bool req6(const NatOptions& options) {
  NatUnderTest t(options);
  const Duration timeout = first_timeout(options);
  const Endpoint external = t.out(alice, server).source;
  t.out(alice, server, Time{} + timeout - seconds(1));
  return t.in(server, external, Time{} + timeout).forwarded();
}

bool req8(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  return t.in(same_address, external).forwarded();
}
bool cgn7(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  return t.in(elsewhere, external).forwarded();
}

// What of a packet from alice to bob's external endpoint arrives; bob has sent to alice's before.
Outcome hairpin(NatUnderTest& t) {
  const Endpoint a = t.out(alice, server).source;
  const Endpoint b = t.out(bob, server).source;
  t.out(bob, a);
  return t.out(alice, b);
}
bool req9(const NatOptions& options) {
  NatUnderTest t(options);
  const Outcome outcome = hairpin(t);
  return outcome.hairpinned() && outcome.destination == bob;
}
bool req9a(const NatOptions& options) {
  NatUnderTest t(options);
  const Outcome outcome = hairpin(t);
  return outcome.hairpinned() && t.nat.is_external(outcome.source.address);
}

// What RFC 5780 would find out about the mapping of a host: 0 EIM, 1 ADM, 2 APDM.
int mapping_class(NatUnderTest& t, const Endpoint& internal) {
  const Endpoint first = t.out(internal, server).source;
  const Endpoint second = t.out(internal, {elsewhere.address, server.port}).source;
  if (second == first) return 0;
  return t.out(internal, elsewhere).source == second ? 1 : 2;
}
// The same NAT, but for a table with a thousand mappings and a host with the same port.
bool req11(const NatOptions& options) {
  NatUnderTest fresh(options);
  NatUnderTest busy(options);
  for (int k = 0; k < 1000; ++k) {
    busy.out(numbered(at("192.168.1.7:20000"), k), numbered(server, k));
  }
  busy.out(alice, {elsewhere.address, server.port});
  return mapping_class(fresh, bob) == mapping_class(busy, bob);
}

net::PacketPtr error_about(NatUnderTest& t, const IpAddress& from, const Endpoint& source,
                           const Endpoint& destination) {
  const net::PacketPtr packet = net::make_udp(t.pool, source, destination, as_bytes("hello"));
  return net::make_icmp_error(t.pool, from, net::IcmpError::port_unreachable, *packet);
}
bool req12(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  t.pass(error_about(t, server.address, external, server), Time{}, false);
  return t.in(server, external).forwarded();
}
bool req12a(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  return t.pass(error_about(t, ip("203.0.113.254"), external, server), Time{}, false).forwarded();
}
bool req12b(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  const net::PacketPtr error = error_about(t, server.address, external, server);
  if (!t.pass(error, Time{}, false).forwarded()) return false;
  const auto view = net::parse_icmp_error(*error);
  return view && view->quoted_source == alice && error->destination.address == alice.address;
}

// The box in a network, for what is not of the table alone.
constexpr std::string_view alice_at = "192.168.1.5:5000";
constexpr std::string_view server_at = "203.0.113.10:3478";

bool req10(const NatOptions& options) { return !options.alg_sip && !options.alg_any_address; }
bool req13(const NatOptions& options) {
  nat::Home home(options);
  home.box.outside_interface().link().set_options({.mtu = 600});
  home.alice_socket->send(server, Bytes(1000, 0x5a));  // with DF
  home.run_until(seconds(1));
  return home.at_server.letters.empty() && home.at_alice.failures.size() == 1 &&
         home.at_alice.failures[0].error == net::IcmpError::too_big;
}
bool req13a(const NatOptions& options) {
  nat::Home home(options);
  home.box.outside_interface().link().set_options({.mtu = 600});
  home.alice_socket->set_dont_fragment(false);
  home.alice_socket->send(server, Bytes(1000, 0x5a));
  home.run_until(seconds(1));
  return home.at_server.letters.size() == 1;
}
bool gets_in(const NatOptions& options, bool reversed) {
  nat::Home home(options);
  home.at_server.then = [&home, reversed](net::UdpSocket&, const net::Packet& packet) {
    auto pieces = home.fragments(server_at, to_string(packet.source), 1000, 600);
    if (reversed) std::ranges::reverse(pieces);
    for (net::PacketPtr& piece : pieces) home.send(home.server, std::move(piece));
  };
  home.send(*home.alice_socket, server_at);
  home.run_until(seconds(1));
  return home.at_alice.letters.size() == 1;
}
bool req14(const NatOptions& options) { return gets_in(options, true) && gets_in(options, false); }
bool req14a(const NatOptions& options) {
  nat::Home home(options);
  for (std::uint32_t k = 0; k < 2 * options.max_fragments; ++k) {
    auto pieces = home.fragments(alice_at, server_at, 1000, 600, static_cast<std::uint16_t>(k));
    home.send(home.alice, std::move(pieces[1]));
  }
  home.send(*home.alice_socket, server_at);
  for (net::PacketPtr& piece : home.fragments(alice_at, server_at, 1000, 600, 65535)) {
    home.send(home.alice, std::move(piece));
  }
  home.run_until(seconds(10));
  return home.at_server.letters.size() == 2;
}

// The NAT with so few ports that they run out.
NatOptions scarce(NatOptions options, std::uint16_t last_port) {
  options.port_range = {5000, last_port};
  options.port_classes = nat::PortClasses::one;
  options.port_blocks = nat::PortBlocks::none;
  return options;
}
bool cgn4(const NatOptions& given) {
  NatOptions options = given;
  options.max_mappings_per_host = 5;
  NatUnderTest t(options);
  int forwarded = 0;
  for (int k = 0; k < 10; ++k) forwarded += t.out(numbered(alice, k), server).forwarded() ? 1 : 0;
  return forwarded == 5 && t.out(numbered(bob, 20), server).forwarded();
}
bool cgn8(const NatOptions& given) {
  const NatOptions options = scarce(given, 5000);
  NatUnderTest t(options);
  t.out(alice, server);
  const Time expired = Time{} + first_timeout(options);
  t.nat.expire(expired);  // as a box does at that instant
  return !t.out(bob, elsewhere, expired + seconds(119)).forwarded();
}
bool cgn11(const NatOptions& given) {
  NatUnderTest t(scarce(given, 5001));
  const Endpoint first = t.out(alice, server).source;
  const Endpoint second = t.out(numbered(alice, 1), server).source;
  t.out(numbered(bob, 2), server);
  return t.in(server, first).destination == alice &&
         t.in(server, second).destination == numbered(alice, 1);
}

constexpr std::array<std::string_view, 0> nobody = {};

constexpr auto after_collision = joined(dependent_mapping, linux_sharing, pf_static_port);
constexpr auto sharing = joined(linux_sharing, linux_random, pf, pf_static_port, aws);
constexpr auto one_class = joined(classic, symmetric_open, pf, pf_eim, libalias_all, realtek,
                                  winnat, srx, slirp, passt, aws, gcp, azure, cgn);
constexpr auto no_parity = joined(one_class, linux_all, asa);
constexpr auto under_two_minutes =
    joined(classic, symmetric_open, linux_all, pf_all, libalias_all, realtek, gcp, cgn);
constexpr auto under_five_minutes = joined(under_two_minutes, winnat, asa, slirp, passt, azure);
constexpr auto unstable = joined(linux_sharing, pf_static_port);
constexpr Names1 restricted = {"restricted"};
constexpr Names1 strict = {"rfc4787-strict"};
constexpr Names1 srx_host = {"srx-persistent-host"};
constexpr auto some_filter = joined(strict_filter, restricted, strict, winnat, srx_host);
constexpr auto no_hold_down =
    joined(classic, symmetric_open, rfc4787, transition, linux_all, pf_all, libalias_all, realtek,
           winnat, asa, srx, slirp, passt, aws, gcp, azure, cellular_easy, cellular_hard);

void arbitrary_pool(NatOptions& options) { options.pooling = nat::Pooling::arbitrary; }
void drop_errors(NatOptions& options) { options.icmp_errors = nat::IcmpErrors::drop; }
void quote_untranslated(NatOptions& options) {
  options.icmp_errors = nat::IcmpErrors::pass_untranslated;
}
void look_into_payloads(NatOptions& options) { options.alg_any_address = true; }
void in_order_only(NatOptions& options) { options.fragments = nat::Fragments::in_order_only; }
void no_fragments(NatOptions& options) { options.fragments = nat::Fragments::drop; }
void evict(NatOptions& options) {
  options.on_exhaustion = nat::Exhaustion::evict_oldest;
  options.port_hold_down = Duration{};
}

constexpr Requirement table[] = {
    {"Rfc4787_Req1", "one socket has the same external endpoint for all remotes", req1,
     dependent_mapping},
    {"Rfc4787_Req1_AfterCollision", "also where another host uses the same port",
     req1_after_collision, after_collision},
    {"Rfc4787_Req2", "one inside host has one external address", req2, nobody, arbitrary_pool},
    {"Rfc4787_Req3", "no external endpoint serves two inside hosts", req3, sharing},
    {"Rfc4787_Req3a", "ports below 1024 stay below, others above", req3a, one_class},
    {"Rfc4787_Req4", "even ports stay even", req4, no_parity},
    {"Rfc4787_Req5", "a mapping idle for 119s is usable", req5, under_two_minutes},
    {"Rfc4787_Req5c", "a mapping idle for 299s is usable", req5c, under_five_minutes},
    {"Rfc4787_Req6", "what is sent restarts the timer", req6, azure},
    {"Rfc4787_Req8", "the filter does not look at the remote port", req8, strict_filter},
    {"Rfc4787_Req9", "inside hosts reach one another by their external endpoints", req9,
     no_hairpin},
    {"Rfc4787_Req9a", "and see external sources", req9a, no_hairpin},
    {"Rfc4787_Req11", "load and collisions do not change the class", req11, unstable},
    {"Rfc4787_Req12", "an ICMP error ends no mapping", req12, nobody},
    {"Rfc4787_Req12a", "an ICMP error gets in wherever it comes from", req12a, nobody, drop_errors},
    {"Rfc4787_Req12b", "an ICMP error is translated, outside and in its quotation", req12b, nobody,
     quote_untranslated},
    {"Rfc4787_Req10", "no payload is looked into", req10, nobody, look_into_payloads},
    {"Rfc4787_Req13", "the sender of what is too large is told the MTU", req13, nobody},
    {"Rfc4787_Req13a", "what may be cut is", req13a, nobody},
    {"Rfc4787_Req14", "fragments get in, in whatever order", req14, nobody, in_order_only},
    {"Rfc4787_Req14a", "a flood of fragments stops neither whole nor ordered datagrams", req14a,
     nobody, no_fragments},
    {"Rfc6888_Req4", "a host's mappings can be limited", cgn4, nobody},
    {"Rfc6888_Req7", "the filter lets anybody in", cgn7, some_filter},
    {"Rfc6888_Req8", "nobody else gets a port within 120s", cgn8, no_hold_down},
    {"Rfc6888_Req11", "want of ports ends no mapping", cgn11, nobody, evict},
};

}  // namespace

std::span<const Requirement> udp_requirements() { return table; }

}  // namespace natsim::judges
