// Chains of two NATs against every kind of peer: a chain behaves as the stricter of its two NATs on
// each axis.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/agents/call.h"
#include "sim/agents/stun_server.h"
#include "tests/judges/arena.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

// Mapping and filtering as levels of dependence: 0 none, 1 address, 2 address and port.
struct Kind {
  int mapping;
  int filtering;

  [[nodiscard]] Kind joined(const Kind& other) const {
    return {std::max(mapping, other.mapping), std::max(filtering, other.filtering)};
  }
};

std::string to_string(const Kind& kind) {
  constexpr const char* mappings[] = {"EIM", "ADM", "APDM"};
  constexpr const char* filters[] = {"EIF", "ADF", "APDF"};
  return std::string(mappings[kind.mapping]) + "/" + filters[kind.filtering];
}

// Whether two sides connect without a relay, if every new mapping gets a port that nobody foresees.
bool connect(const Kind& a, const Kind& b, nat::FilterScope scope) {
  if (a.mapping == 0 && b.mapping == 0) return true;
  if (a.mapping == 0) return a.filtering != 2;
  if (b.mapping == 0) return b.filtering != 2;
  if (a.filtering == 2 || b.filtering == 2 || (a.mapping == 2 && b.mapping == 2)) return false;
  return scope == nat::FilterScope::per_endpoint || a.filtering == 0 || b.filtering == 0;
}

// A NAT's own filter is kept for each mapping. An inner NAT with one mapping for all destinations
// and a filter by address admits what any of the outer NAT's mappings let in, where a single NAT of
// the joined kind would ask each of its mappings alone: these chains are better than the join.
bool better_than_the_join(const Kind& inner, const Kind& outer, const Kind& peer) {
  return inner.mapping == 0 && inner.filtering == 1 && outer.mapping > 0 && outer.filtering == 0 &&
         peer.filtering == 1 && peer.mapping > 0 && (outer.mapping == 1 || peer.mapping == 1);
}

nat::NatOptions options_of(const Kind& kind, nat::FilterScope scope) {
  nat::NatOptions options;
  options.mapping = static_cast<nat::Dependence>(kind.mapping);
  options.filtering = static_cast<nat::Dependence>(kind.filtering);
  options.filter_scope = scope;
  options.port_allocation = nat::PortAllocation::random;
  return options;
}

bool chain_connects(const Kind& inner, const Kind& outer, const Kind& peer,
                    nat::FilterScope scope) {
  Arena arena;
  const Endpoint stun_endpoint{IpAddress::v4(203, 0, 113, 10), agents::default_stun_port};
  net::Host& stun_host = arena.host("stun", stun_endpoint.address);
  arena.to_internet(*stun_host.interfaces().front(), 20);
  const auto stun = agents::StunServer::start(stun_host, {.primary = stun_endpoint});

  net::Host& alice = arena.host("alice", IpAddress::v4(192, 168, 1, 5));
  net::Interface& home =
      arena.behind("alice.nat", options_of(inner, scope), *alice.interfaces().front(),
                   IpAddress::v4(192, 168, 1, 1), IpAddress::v4(100, 64, 0, 5));
  net::Interface& carrier =
      arena.behind("carrier", options_of(outer, scope), home, IpAddress::v4(100, 64, 0, 1),
                   IpAddress::v4(198, 51, 100, 7));
  arena.to_internet(carrier, 15);

  net::Host& bob = arena.host("bob", IpAddress::v4(192, 168, 2, 5));
  net::Interface& bobs =
      arena.behind("bob.nat", options_of(peer, scope), *bob.interfaces().front(),
                   IpAddress::v4(192, 168, 2, 1), IpAddress::v4(198, 51, 100, 130));
  arena.to_internet(bobs, 30);

  const agents::IcePeerOptions options{.stun_servers = {stun_endpoint}};
  const auto started = agents::Call::start(alice, bob, {.caller = options, .callee = options});
  const agents::Call& call = *started.value();
  core::Scheduler& scheduler = arena.world().scheduler();
  const Time deadline = scheduler.now() + seconds(120);
  while (call.connected_at().is_never() && call.state() != agents::CallState::failed &&
         scheduler.step(deadline)) {
  }
  return !call.connected_at().is_never();
}

std::vector<Kind> kinds() {
  std::vector<Kind> all;
  for (int mapping = 0; mapping < 3; ++mapping) {
    for (int filtering = 0; filtering < 3; ++filtering) all.push_back({mapping, filtering});
  }
  return all;
}

class DoubleNat : public testing::TestWithParam<nat::FilterScope> {};

TEST_P(DoubleNat, BehavesAsTheJoinOfItsKinds) {
  const nat::FilterScope scope = GetParam();
  int chains = 0;
  int better = 0;
  for (const Kind& inner : kinds()) {
    for (const Kind& outer : kinds()) {
      for (const Kind& peer : kinds()) {
        ++chains;
        const bool by_join = connect(inner.joined(outer), peer, scope);
        const bool exception =
            scope == nat::FilterScope::per_mapping && better_than_the_join(inner, outer, peer);
        if (exception) ++better;
        EXPECT_EQ(chain_connects(inner, outer, peer, scope), by_join || exception)
            << to_string(inner) << " behind " << to_string(outer) << ", against "
            << to_string(peer);
      }
    }
  }
  EXPECT_EQ(chains, 729);
  EXPECT_EQ(better, scope == nat::FilterScope::per_mapping ? 3 : 0);
}

INSTANTIATE_TEST_SUITE_P(Scopes, DoubleNat,
                         testing::Values(nat::FilterScope::per_mapping,
                                         nat::FilterScope::per_endpoint),
                         [](const auto& scope) {
                           return scope.param == nat::FilterScope::per_mapping ? "PerMapping"
                                                                               : "PerEndpoint";
                         });

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
