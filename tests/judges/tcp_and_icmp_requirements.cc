// RFC 5382 and RFC 5508, and what nothing here can judge.
#include <array>
#include <set>

#include "sim/nat/refusal.h"
#include "sim/net/icmp_query.h"
#include "sim/net/tcp_segment.h"
#include "tests/judges/preset_groups.h"
#include "tests/judges/requirements.h"
#include "tests/sim/nat/nat_under_test.h"

namespace natsim::judges {
namespace {

using nat::at;
using nat::ip;
using nat::NatOptions;
using nat::NatUnderTest;
using nat::Outcome;
using nat::second;
using Answer = nat::Verdict::Answer;
namespace flag = net::tcp_flag;

const Endpoint alice = at("192.168.1.5:5000");
const Endpoint bob = at("192.168.1.6:5000");  // the same port
const Endpoint server = at("203.0.113.10:443");
const Endpoint same_address = at("203.0.113.10:444");
const Endpoint elsewhere = at("203.0.113.11:443");
const IpAddress router = ip("203.0.113.254");

constexpr std::uint32_t a = 1000;  // the inside host's initial sequence number
constexpr std::uint32_t b = 5000;  // the outside host's

Endpoint numbered(const Endpoint& endpoint, int k) {
  return {endpoint.address, static_cast<std::uint16_t>(endpoint.port + k)};
}

// A connection from inside; nullopt if it could not be made.
std::optional<Endpoint> connect(NatUnderTest& t, const Endpoint& internal, const Endpoint& remote) {
  const Outcome syn = t.tcp_out(internal, remote, flag::syn, a);
  if (!syn.forwarded()) return std::nullopt;
  if (!t.tcp_in(remote, syn.source, flag::syn | flag::ack, b, a + 1).forwarded()) {
    return std::nullopt;
  }
  if (!t.tcp_out(internal, remote, flag::ack, a + 1, b + 1).forwarded()) return std::nullopt;
  return syn.source;
}
// Both sides say goodbye.
bool close(NatUnderTest& t, const Endpoint& external) {
  return t.tcp_out(alice, server, flag::fin | flag::ack, a + 1, b + 1).forwarded() &&
         t.tcp_in(server, external, flag::ack, b + 1, a + 2).forwarded() &&
         t.tcp_in(server, external, flag::fin | flag::ack, b + 1, a + 2).forwarded() &&
         t.tcp_out(alice, server, flag::ack, a + 2, b + 2).forwarded();
}

bool tcp1(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  return external && connect(t, alice, same_address) == external &&
         connect(t, alice, elsewhere) == external;
}
bool tcp2(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  return external && close(t, *external);
}
bool tcp2a(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.tcp_out(alice, server, flag::syn, a).source;
  return t.tcp_in(server, external, flag::syn, b).forwarded() &&
         t.tcp_out(alice, server, flag::syn | flag::ack, a, b + 1).forwarded() &&
         t.tcp_in(server, external, flag::syn | flag::ack, b, a + 1).forwarded();
}
bool tcp3(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  return external && t.tcp_in(same_address, *external, flag::syn, b).forwarded();
}
bool tcp4(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  const Answer answer = t.tcp_in(server, {external->address, 9}, flag::syn, b).verdict.answer;
  return answer == Answer::none || answer == Answer::port_unreachable_after_hold;
}
bool tcp5_established(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  return t.tcp_in(server, *external, flag::ack, b + 1, a + 1, second(7439)).forwarded();
}
bool tcp5_transitory(const NatOptions& options) {
  NatUnderTest opening(options);
  const Endpoint half = opening.tcp_out(alice, server, flag::syn, a).source;
  if (!opening.tcp_in(server, half, flag::syn | flag::ack, b, a + 1, second(239)).forwarded()) {
    return false;
  }
  NatUnderTest closing(options);
  const auto external = connect(closing, alice, server);
  return close(closing, *external) &&
         closing.tcp_in(server, *external, flag::ack, b + 2, a + 2, second(239)).forwarded();
}
bool tcp7(const NatOptions& options) {
  NatUnderTest t(options);
  std::set<Endpoint> alices;
  for (int k = 0; k < 2000; ++k) {
    const Outcome syn = t.tcp_out(numbered(alice, k), numbered(server, k), flag::syn, a);
    if (syn.forwarded()) alices.insert(syn.source);
  }
  for (int k = 0; k < 2000; ++k) {
    const Outcome syn = t.tcp_out(numbered(bob, k), numbered(elsewhere, k), flag::syn, a);
    if (syn.forwarded() && alices.contains(syn.source)) return false;
  }
  return true;
}
// A SYN from alice to bob's external endpoint; bob has sent one to alice's before.
Outcome tcp_hairpin(NatUnderTest& t) {
  const auto of_alice = connect(t, alice, server);
  const auto of_bob = connect(t, bob, elsewhere);
  t.tcp_out(bob, *of_alice, flag::syn, b);
  return t.tcp_out(alice, *of_bob, flag::syn, a);
}
bool tcp8(const NatOptions& options) {
  NatUnderTest t(options);
  const Outcome outcome = tcp_hairpin(t);
  return outcome.hairpinned() && outcome.destination == bob;
}
bool tcp8a(const NatOptions& options) {
  NatUnderTest t(options);
  const Outcome outcome = tcp_hairpin(t);
  return outcome.hairpinned() && t.nat.is_external(outcome.source.address);
}

net::PacketPtr tcp_error(NatUnderTest& t, const Endpoint& external) {
  const net::PacketPtr segment =
      net::make_tcp(t.pool, external, server, {.seq = a + 1, .ack = b + 1, .flags = flag::ack});
  return net::make_icmp_error(t.pool, router, net::IcmpError::host_unreachable, *segment);
}
bool tcp9(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  const net::PacketPtr error = tcp_error(t, *external);
  if (!t.pass(error, Time{}, false).forwarded()) return false;
  const auto view = net::parse_icmp_error(*error);
  return view && view->quoted_source == alice;
}
bool tcp10(const NatOptions& options) {
  NatUnderTest t(options);
  const auto external = connect(t, alice, server);
  t.pass(tcp_error(t, *external), Time{}, false);
  return t.tcp_in(server, *external, flag::ack, b + 1, a + 1).forwarded();
}

std::optional<std::uint16_t> echo(NatUnderTest& t, const IpAddress& to, Time now = Time{}) {
  const net::PacketPtr packet =
      net::make_icmp_query(t.pool, alice.address, to, {false, 77, 1}, as_bytes("ping"));
  if (!t.pass(packet, now, true).forwarded()) return std::nullopt;
  return net::parse_icmp_query(*packet)->identifier;
}
bool echo_comes_back(NatUnderTest& t, std::uint16_t identifier, Time now) {
  const net::PacketPtr packet = net::make_icmp_query(t.pool, server.address, ip("198.51.100.7"),
                                                     {true, identifier, 1}, as_bytes("ping"));
  return t.pass(packet, now, false).forwarded() &&
         net::parse_icmp_query(*packet)->identifier == 77 &&
         packet->destination.address == alice.address;
}
bool icmp1(const NatOptions& options) {
  NatUnderTest t(options);
  const auto identifier = echo(t, server.address);
  return identifier && echo_comes_back(t, *identifier, Time{});
}
bool icmp1a(const NatOptions& options) {
  NatUnderTest t(options);
  const auto identifier = echo(t, server.address);
  return identifier && echo(t, elsewhere.address) == identifier;
}
bool icmp2(const NatOptions& options) {
  NatUnderTest t(options);
  const auto identifier = echo(t, server.address);
  return identifier && echo_comes_back(t, *identifier, second(60) - nanoseconds(1));
}

net::PacketPtr udp_error(NatUnderTest& t, const IpAddress& from, const Endpoint& source,
                         const Endpoint& destination) {
  const net::PacketPtr packet = net::make_udp(t.pool, source, destination, as_bytes("hello"));
  return net::make_icmp_error(t.pool, from, net::IcmpError::port_unreachable, *packet);
}
bool icmp3(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  const net::PacketPtr error = udp_error(t, router, external, server);
  error->data()[error->size - 1] ^= 1;
  return !t.pass(error, Time{}, false).forwarded();
}
bool icmp4(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  const net::PacketPtr stray = udp_error(t, router, {external.address, 9}, server);
  const net::PacketPtr known = udp_error(t, router, external, server);
  return !t.pass(stray, Time{}, false).forwarded() && t.pass(known, Time{}, false).forwarded();
}
bool icmp5(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  const net::PacketPtr stray = udp_error(t, alice.address, server, numbered(alice, 9));
  const net::PacketPtr known = udp_error(t, alice.address, server, alice);
  if (t.pass(stray, Time{}, true).forwarded()) return false;
  const Outcome outcome = t.pass(known, Time{}, true);
  const auto view = net::parse_icmp_error(*known);
  return outcome.forwarded() && outcome.source.address == external.address &&
         view->quoted_destination == external;
}
bool icmp6(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint external = t.out(alice, server).source;
  const Time expires = t.nat.next_expiry();
  t.pass(udp_error(t, router, external, server), second(1), false);
  t.pass(udp_error(t, alice.address, server, alice), second(1), true);
  return t.nat.next_expiry() == expires && t.nat.mapping_count() == 1;
}
bool icmp7(const NatOptions& options) {
  NatUnderTest t(options);
  const Endpoint of_alice = t.out(alice, server).source;
  const Endpoint of_bob = t.out(bob, elsewhere).source;
  t.out(bob, of_alice);
  const Outcome there = t.out(alice, of_bob);
  if (!there.hairpinned()) return false;
  const net::PacketPtr error = udp_error(t, bob.address, there.source, bob);
  const Outcome back = t.pass(error, Time{}, true);
  const auto view = net::parse_icmp_error(*error);
  return back.hairpinned() && back.destination.address == alice.address &&
         view->quoted_source == alice && view->quoted_destination == of_bob;
}
bool icmp8(const NatOptions& options) {
  return nat::answer_to(options, core::DropReason::nat_ports_exhausted) ==
         net::IcmpError::admin_prohibited;
}

constexpr std::array<std::string_view, 0> nobody = {};

constexpr auto shared_ports = joined(linux_sharing, linux_random, pf, pf_static_port, aws);
constexpr std::array<std::string_view, 5> resets_strangers = {
    "linux-masquerade", "linux-random", "linux-fullcone", "openwrt", "docker-bridge"};
constexpr auto short_established = joined(winnat, asa, srx, aws, gcp, azure);
constexpr auto short_transitory = joined(linux_all, pf_all, libalias_all, winnat, gcp);
constexpr auto short_echo = joined(linux_all, pf_all, winnat, asa, gcp);
constexpr auto answers_otherwise = joined(linux_all, pf_all, aws, gcp, cgn_fixed, cgn_fixed_hard);

void no_simultaneous_open(NatOptions& options) { options.tcp_simultaneous_open = false; }
void no_errors(NatOptions& options) { options.icmp_errors = nat::IcmpErrors::drop; }

constexpr Requirement table[] = {
    {"Rfc5382_Req1", "one socket has the same external endpoint for all remotes", tcp1,
     dependent_mapping},
    {"Rfc5382_Req2", "a connection from inside opens, lives and closes", tcp2, nobody},
    {"Rfc5382_Req2a", "a simultaneous open succeeds", tcp2a, nobody, no_simultaneous_open},
    {"Rfc5382_Req3", "the filter does not look at the remote port", tcp3, strict_filter},
    {"Rfc5382_Req4", "an unsolicited SYN is not answered at once", tcp4, resets_strangers},
    {"Rfc5382_Req5_Established", "an established connection idle for 7439s lives", tcp5_established,
     short_established},
    {"Rfc5382_Req5_Transitory", "one that opens or closes, idle for 239s, does too",
     tcp5_transitory, short_transitory},
    {"Rfc5382_Req7", "no external endpoint serves two inside hosts", tcp7, shared_ports},
    {"Rfc5382_Req8", "inside hosts reach one another by their external endpoints", tcp8,
     no_hairpin},
    {"Rfc5382_Req8a", "and see external sources", tcp8a, no_hairpin},
    {"Rfc5382_Req9", "ICMP errors about connections are translated", tcp9, nobody, no_errors},
    {"Rfc5382_Req10", "an ICMP error ends no connection", tcp10, nobody},
    {"Rfc5508_Req1", "the reply to an echo request comes back", icmp1, nobody},
    {"Rfc5508_Req1a", "the query mapping does not depend on the remote", icmp1a, dependent_mapping},
    {"Rfc5508_Req2", "a query session lives for 60s", icmp2, short_echo},
    {"Rfc5508_Req3", "an ICMP error with a wrong checksum is dropped", icmp3, nobody},
    {"Rfc5508_Req4", "an error from outside passes if there is a mapping", icmp4, nobody,
     no_errors},
    {"Rfc5508_Req5", "an error from inside passes if there is a mapping", icmp5, nobody, no_errors},
    {"Rfc5508_Req6", "an error neither refreshes nor ends the mapping", icmp6, nobody},
    {"Rfc5508_Req7", "errors about hairpinned packets come back", icmp7, no_hairpin},
    {"Rfc5508_Req8", "want of ports is answered with type 3 code 13", icmp8, answers_otherwise},
};

constexpr Unjudged unjudged[] = {
    {"Rfc4787_Req5a", "a permission (port timeouts), not a demand"},
    {"Rfc4787_Req5b", "a permission: every timeout can be set"},
    {"Rfc4787_Req6a", "a permission: refresh is a knob of its own"},
    {"Rfc4787_Req7", "of the box and its addresses, the same for all presets"},
    {"Rfc4787_Req8a", "a permission: filtering can be set"},
    {"Rfc5382_Req3a", "a permission: filtering can be set"},
    {"Rfc5382_Req3b", "a permission; here TCP has UDP's filter"},
    {"Rfc5382_Req4a", "a permission: silence can be chosen"},
    {"Rfc5382_Req5a", "a permission: every timeout can be set"},
    {"Rfc5382_Req6", "no NAT looks into payloads unless told to"},
    {"Rfc5508_Req2a", "a permission: the timeout can be set"},
    {"Rfc5508_Req9", "a permission: silence can be chosen"},
    {"Rfc5508_Req10", "a list of messages; those that hosts here make are tested with ICMP"},
    {"Rfc5508_Req11", "a permission: other ICMP messages are dropped"},
    {"Rfc6888_Req1", "the sum of the three other RFCs"},
    {"Rfc6888_Req2", "judged as Rfc4787_Req2"},
    {"Rfc6888_Req3", "of what an administrator may configure: any list of addresses"},
    {"Rfc6888_Req5", "of memory in a device"},
    {"Rfc6888_Req6", "destinations that are not translated are routed past the NAT"},
    {"Rfc6888_Req9", "of port-mapping services beside the NAT"},
    {"Rfc6888_Req10", "of management"},
    {"Rfc6888_Req12", "of logging"},
    {"Rfc6888_Req13", "a goal in tension with 14 and 15: none of the presets is built for it"},
    {"Rfc6888_Req14", "a goal in tension with 13 and 15: blocks, in the presets that have them"},
    {"Rfc6888_Req15", "a goal in tension with 13 and 14: random ports, in the presets with them"},
};

}  // namespace

std::span<const Requirement> tcp_and_icmp_requirements() { return table; }
std::span<const Unjudged> unjudged_requirements() { return unjudged; }

}  // namespace natsim::judges
