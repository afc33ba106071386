// Every preset as RFC 5780's tests and RFC 3489's decision tree measure it on wires, against what
// its options say; and what both are known to measure wrongly.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/agents/agent.h"
#include "sim/agents/stun_server.h"
#include "sim/nat/presets.h"
#include "stack/stun/behaviour_discovery.h"
#include "stack/stun/classic_discovery.h"
#include "tests/judges/arena.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

using nat::Dependence;
using stun::BehaviourDiscovery;
using stun::BehaviourReport;
using stun::ClassicDiscovery;
using stun::ClassicNatType;
using stun::FilteringBehaviour;
using stun::HairpinBehaviour;
using stun::MappingBehaviour;

// The server's sockets: A1:P1, and A2:P2 besides A1:P2 and A2:P1.
constexpr IpAddress a1 = IpAddress::v4(203, 0, 113, 10);
constexpr IpAddress a2 = IpAddress::v4(203, 0, 113, 11);
constexpr std::uint16_t p1 = agents::default_stun_port;
constexpr std::uint16_t p2 = p1 + 1;
// One way between the NAT and the server.
constexpr Duration outside_delay = milliseconds(15) + milliseconds(20);

// A discovery machine on a host. Its n-th socket has the n-th port from `first_port` on; with
// `one_port` all are one socket, which is how not to do it.
template <typename Machine>
class Probe : public agents::Agent {
 public:
  Probe(net::Host& host, Machine machine, std::uint16_t first_port, bool one_port = false)
      : Agent(host, "probe"),
        machine_(std::move(machine)),
        first_port_(first_port),
        one_port_(one_port) {
    pump();
  }
  [[nodiscard]] const Machine& machine() const { return machine_; }

 private:
  void take(const Endpoint& local, const net::Packet& packet) override {
    machine_.receive(local, packet.source, packet.payload(), world().now());
  }
  void handle_timeout(Time now) override { machine_.handle_timeout(now); }
  [[nodiscard]] Time next_timeout() const override { return machine_.next_timeout(); }
  void drain() override {
    while (const auto socket = machine_.poll_socket()) {
      const int number = one_port_ ? 0 : *socket;
      const Endpoint local{*host().source_for(a1),
                           static_cast<std::uint16_t>(first_port_ + number)};
      if (!one_port_ || *socket == 0) {
        ASSERT_TRUE(bind(local));
      }
      machine_.socket_opened(*socket, local, world().now());
    }
    while (const auto out = machine_.poll_transmit()) transmit(*out);
  }

  Machine machine_;
  std::uint16_t first_port_;
  bool one_port_;
};

// Two hosts behind a NAT, and a server with two addresses.
class TestBed {
 public:
  explicit TestBed(const nat::NatOptions& options) {
    net::Host& server = arena_.host("stun", a1);
    server.interfaces().front()->add_address(a2, 24);
    arena_.to_internet(*server.interfaces().front(), 20);
    stun_ = std::move(
        agents::StunServer::start(server, {.primary = {a1, p1}, .alternate = Endpoint{a2, p2}})
            .value());
    nat::NatBox& nat = arena_.nat("nat", options, IpAddress::v4(198, 51, 100, 7));
    for (std::uint8_t i = 1; i <= 2; ++i) {
      net::Host& host = arena_.host("host" + std::to_string(i), IpAddress::v4(192, 168, i, 5));
      arena_.inside(nat, *host.interfaces().front(), IpAddress::v4(192, 168, i, 1));
      hosts_.push_back(&host);
    }
    arena_.to_internet(nat.outside_interface(), 15);
  }

  BehaviourReport discover(BehaviourDiscovery::Options options, std::size_t host = 0,
                           bool one_port = false) {
    options.server = {a1, p1};
    Probe<BehaviourDiscovery> probe(*hosts_[host],
                                    BehaviourDiscovery(options, Random(5), arena_.world().now()),
                                    first_port, one_port);
    run([&] { return probe.machine().report() != nullptr; });
    return *probe.machine().report();
  }
  ClassicNatType classify() {
    Probe<ClassicDiscovery> probe(
        *hosts_[0], ClassicDiscovery({a1, p1}, {}, Random(5), arena_.world().now()), first_port);
    run([&] { return probe.machine().type().has_value(); });
    return *probe.machine().type();
  }

  static constexpr std::uint16_t first_port = 40'000;

 private:
  void run(const std::function<bool()>& done) {
    core::Scheduler& scheduler = arena_.world().scheduler();
    while (!done()) ASSERT_TRUE(scheduler.step(Time::never()));
  }

  Arena arena_;
  std::unique_ptr<agents::StunServer> stun_;
  std::vector<net::Host*> hosts_;
};

// ---- What the options of a NAT with a single inside host predict

// Where a port is kept and shared, all mappings of a socket have its port: whatever they depend on
// does not show as long as nobody else has it.
bool shows_one_port(const nat::NatOptions& options) {
  return options.mapping == Dependence::endpoint_independent ||
         options.port_allocation == nat::PortAllocation::preserve_overload;
}

MappingBehaviour predicted_mapping(const nat::NatOptions& options) {
  if (shows_one_port(options)) return MappingBehaviour::endpoint_independent;
  return options.mapping == Dependence::address_dependent
             ? MappingBehaviour::address_dependent
             : MappingBehaviour::address_and_port_dependent;
}

FilteringBehaviour predicted_filtering(const nat::NatOptions& options) {
  switch (options.filtering) {
    case Dependence::endpoint_independent:
      return FilteringBehaviour::endpoint_independent;
    case Dependence::address_dependent:
      return FilteringBehaviour::address_dependent;
    case Dependence::address_and_port_dependent:
      break;
  }
  return FilteringBehaviour::address_and_port_dependent;
}

// The socket that is sent to has sent to the other's mapped address before. The other's packet
// comes from there if it has one mapping for all; if not, it must be let in as a stranger. Silence
// says something only of a NAT with one mapping for all.
HairpinBehaviour predicted_hairpin(const nat::NatOptions& options) {
  const bool admitted = shows_one_port(options) || !options.hairpin_filtered ||
                        options.filtering == Dependence::endpoint_independent;
  if (options.hairpin != nat::Hairpin::off && admitted) return HairpinBehaviour::present;
  return shows_one_port(options) ? HairpinBehaviour::absent : HairpinBehaviour::cannot_tell;
}

// Test II asks for an answer from A2:P2, on the socket that then asks A2:P2 itself. A NAT that
// takes the answer, which it does not let in, for a flow of its own, and remembers that for longer
// than the 8 s from the last answer to the end of the test, has the port taken for this remote: it
// is measured as symmetric, and is, as far as this remote goes.
ClassicNatType predicted_class(const nat::NatOptions& options) {
  if (options.filtering == Dependence::endpoint_independent) return ClassicNatType::full_cone;
  const bool shadowed = options.unsolicited == nat::Unsolicited::accept_local_and_track;
  if (!shows_one_port(options) || shadowed) return ClassicNatType::symmetric;
  return options.filtering == Dependence::address_dependent ? ClassicNatType::restricted_cone
                                                            : ClassicNatType::port_restricted_cone;
}

Duration timeout_of_new_udp(const nat::NatOptions& options) {
  return options.udp_timeout_new > Duration{} ? options.udp_timeout_new : options.udp_timeout;
}

// What the binding's idle time is, beyond the time for which the client waits, when the packet
// comes that finds out whether it is alive. The client's wait begins when it has its answer, which
// left the NAT a moment before, and ends when it sends another request, whose answer is the packet.
Duration idle_beyond_wait(const nat::NatOptions& options) {
  const Duration since_answer = Arena::inside_delay * 2 + outside_delay * 2;
  const bool answer_refreshes =
      options.refresh == nat::Refresh::both || options.refresh == nat::Refresh::inbound;
  return answer_refreshes ? since_answer : since_answer + outside_delay * 2;
}

std::vector<const nat::Preset*> all_presets() { return nat::presets(); }

class PresetDiscovery : public testing::TestWithParam<const nat::Preset*> {};

std::string preset_test_name(const testing::TestParamInfo<const nat::Preset*>& info) {
  std::string name(info.param->name);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

TEST_P(PresetDiscovery, MeasuresWhatTheOptionsSay) {
  const nat::NatOptions options = nat::options_of(*GetParam());
  TestBed bed(options);
  const BehaviourReport report =
      bed.discover({.lifetime = true, .lifetime_resolution = nanoseconds(1)});
  EXPECT_FALSE(report.udp_blocked);
  EXPECT_FALSE(report.payload_rewritten);
  EXPECT_EQ(to_string(report.mapping), to_string(predicted_mapping(options)));
  EXPECT_EQ(to_string(report.filtering), to_string(predicted_filtering(options)));
  EXPECT_EQ(to_string(report.hairpin), to_string(predicted_hairpin(options)));
  // Idle for the timeout it is gone, a nanosecond before it is not.
  const Duration longest_wait = timeout_of_new_udp(options) - idle_beyond_wait(options);
  EXPECT_EQ(report.lifetime.expired_after, longest_wait);
  EXPECT_EQ(report.lifetime.alive_after, longest_wait - nanoseconds(1));
}

TEST_P(PresetDiscovery, HasTheClassThatTheDecisionTreeFinds) {
  const nat::NatOptions options = nat::options_of(*GetParam());
  TestBed bed(options);
  EXPECT_EQ(to_string(bed.classify()), to_string(predicted_class(options)));
}

INSTANTIATE_TEST_SUITE_P(All, PresetDiscovery, testing::ValuesIn(all_presets()), preset_test_name);

nat::NatOptions of_kind(Dependence mapping, Dependence filtering, nat::FilterScope scope) {
  nat::NatOptions options;
  options.mapping = mapping;
  options.filtering = filtering;
  options.filter_scope = scope;
  options.port_allocation = nat::PortAllocation::random;
  return options;
}

constexpr Dependence dependences[] = {Dependence::endpoint_independent,
                                      Dependence::address_dependent,
                                      Dependence::address_and_port_dependent};
constexpr nat::FilterScope scopes[] = {nat::FilterScope::per_mapping,
                                       nat::FilterScope::per_endpoint};

// ---- The two known mis-measurements

// Filtering measured on the socket of the mapping tests: these have opened the filter for the
// server that was asked. The answers of the filtering tests come to the mapping for A1:P1.
FilteringBehaviour predicted_on_one_socket(const nat::NatOptions& options) {
  std::vector<Endpoint> opened = {{a1, p1}};
  if (options.mapping == Dependence::endpoint_independent) {
    opened.push_back({a2, p1});  // test II; test III is not needed
  } else if (options.filter_scope == nat::FilterScope::per_endpoint) {
    opened.push_back({a2, p1});
    opened.push_back({a2, p2});
  }
  const auto admits = [&](const Endpoint& remote) {
    for (const Endpoint& known : opened) {
      if (seen_by(options.filtering, known) == seen_by(options.filtering, remote)) return true;
    }
    return false;
  };
  if (admits({a2, p2})) return FilteringBehaviour::endpoint_independent;
  if (admits({a1, p2})) return FilteringBehaviour::address_dependent;
  return FilteringBehaviour::address_and_port_dependent;
}

TEST(Mismeasurement, OneSocketForAllTestsSeesFiltersThatItHasOpened) {
  int wrong = 0;
  for (const nat::FilterScope scope : scopes) {
    for (const Dependence mapping : dependences) {
      for (const Dependence filtering : dependences) {
        const nat::NatOptions options = of_kind(mapping, filtering, scope);
        SCOPED_TRACE(nat::kind_name(options) +
                     (scope == nat::FilterScope::per_mapping ? " per mapping" : " per endpoint"));
        TestBed bed(options);
        const BehaviourReport report = bed.discover({.hairpin = false}, 0, true);
        EXPECT_EQ(to_string(report.mapping), to_string(predicted_mapping(options)));
        EXPECT_EQ(to_string(report.filtering), to_string(predicted_on_one_socket(options)));
        if (report.filtering != predicted_filtering(options)) ++wrong;
        // With a socket for each it is right.
        TestBed fresh(options);
        EXPECT_EQ(to_string(fresh.discover({.hairpin = false}).filtering),
                  to_string(predicted_filtering(options)));
      }
    }
  }
  // EIM/ADF in both scopes; ADF and APDF beside ADM and APDM where what any mapping sends opens
  // all.
  EXPECT_EQ(wrong, 2 + 4);
}

// A NAT that becomes symmetric where a port is taken: one host finds nothing of it, the second with
// the same port finds nothing else.
TEST(Mismeasurement, ASingleHostDoesNotSeeWhatCollisionsDo) {
  nat::NatOptions options;
  options.symmetric_on_collision = true;
  TestBed bed(options);
  const BehaviourReport first = bed.discover({.hairpin = false}, 0);
  EXPECT_EQ(to_string(first.mapping), "endpoint-independent");
  EXPECT_EQ(first.mapped->port, TestBed::first_port);
  const BehaviourReport second = bed.discover({.hairpin = false}, 1);
  EXPECT_EQ(to_string(second.mapping), "address-and-port-dependent");
  EXPECT_NE(second.mapped->port, TestBed::first_port);
}

// Linux gives the second host another port, and keeps to it.
TEST(Mismeasurement, ASecondHostBehindLinuxHasAnotherPortForAll) {
  TestBed bed(*nat::find_preset("linux-masquerade-drop"));
  const BehaviourReport first = bed.discover({.filtering = false, .hairpin = false}, 0);
  EXPECT_EQ(first.mapped->port, TestBed::first_port);
  const BehaviourReport second = bed.discover({.filtering = false, .hairpin = false}, 1);
  EXPECT_EQ(to_string(second.mapping), "endpoint-independent");
  EXPECT_NE(second.mapped->port, TestBed::first_port);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
