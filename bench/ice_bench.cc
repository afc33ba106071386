// A whole ICE connection between two hosts behind NATs: a world is built, both peers gather from a
// STUN and a TURN server, signal by trickle, check, and select a pair; then the world ends.
//
// No aim was set. The figure to hold it against is the cryptography: a connection takes some dozens
// of messages with integrity, written and read at about half a microsecond each (stun_bench).
#include <benchmark/benchmark.h>

#include "sim/agents/call.h"
#include "sim/agents/stun_server.h"
#include "sim/agents/turn_server.h"
#include "sim/core/world.h"
#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/host.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/router.h"

namespace natsim::bench {
namespace {

constexpr Endpoint stun_endpoint{IpAddress::v4(203, 0, 113, 10), agents::default_stun_port};
constexpr Endpoint turn_endpoint{IpAddress::v4(203, 0, 113, 20), agents::default_stun_port};

// What one connection was.
struct Connection {
  bool connected = false;
  bool relayed = false;
  Duration time;             // simulated, from the start of the call
  std::uint64_t events = 0;  // of the scheduler
};

class Arena {
 public:
  explicit Arena(std::uint64_t seed) : world_(seed), network_(world_) {
    internet_ = &network_.add<net::Router>("internet");
  }

  net::Host& server(const char* name, const IpAddress& address) {
    auto& host = network_.add<net::Host>(name);
    host.add_interface().add_address(address, 24);
    join(*host.interfaces().front(), internet_->add_interface(), milliseconds(20));
    return host;
  }
  net::Host& home(const char* name, const nat::NatOptions& options, const IpAddress& outside) {
    auto& host = network_.add<net::Host>(name);
    host.add_interface().add_address(IpAddress::v4(192, 168, 1, 5), 24);
    auto& box = network_.add<nat::NatBox>(std::string(name) + ".nat", options);
    box.outside_interface().add_address(outside, 24);
    net::Interface& inside = box.add_inside_interface();
    inside.add_address(IpAddress::v4(192, 168, 1, 1), 24);
    join(*host.interfaces().front(), inside, milliseconds(1));
    join(box.outside_interface(), internet_->add_interface(), milliseconds(15));
    return host;
  }

  Connection connect(const nat::NatOptions& caller_nat, const nat::NatOptions& callee_nat) {
    const auto stun = agents::StunServer::start(server("stun", stun_endpoint.address),
                                                {.primary = stun_endpoint});
    const auto turn =
        agents::TurnServer::start(server("turn", turn_endpoint.address),
                                  {.turn = {.listening = {turn_endpoint},
                                            .realm = "bench",
                                            .users = {{"user", "secret"}},
                                            .relay_addresses = {turn_endpoint.address}}});
    const agents::IcePeerOptions peer{.stun_servers = {stun_endpoint},
                                      .turn_servers = {{turn_endpoint, "user", "secret"}}};
    net::Host& caller = home("alice", caller_nat, IpAddress::v4(198, 51, 100, 7));
    net::Host& callee = home("bob", callee_nat, IpAddress::v4(198, 51, 100, 130));
    const auto started = agents::Call::start(caller, callee, {.caller = peer, .callee = peer});
    const agents::Call& call = *started.value();
    core::Scheduler& scheduler = world_.scheduler();
    while (call.connected_at().is_never() && scheduler.step(Time{} + seconds(60))) {
    }
    Connection connection{.connected = !call.connected_at().is_never(),
                          .events = scheduler.executed()};
    if (!connection.connected) return connection;
    const auto pair = call.caller().machine().selected_pair();
    connection.relayed = pair->local.type == ice::CandidateType::relayed ||
                         pair->remote.type == ice::CandidateType::relayed;
    connection.time = call.connected_at() - call.started_at();
    return connection;
  }

 private:
  void join(net::Interface& a, net::Interface& b, Duration delay) {
    network_.connect(a, b, {.one_way_delay = delay}, {.one_way_delay = delay});
  }

  core::World world_;
  net::Network network_;
  net::Router* internet_;
};

void connection(benchmark::State& state, const char* caller, const char* callee, bool relayed) {
  const nat::NatOptions caller_nat = nat::find_preset(caller).value();
  const nat::NatOptions callee_nat = nat::find_preset(callee).value();
  std::uint64_t seed = 0;
  double events = 0;
  double simulated = 0;
  for (auto _ : state) {
    Arena arena(++seed);
    const Connection made = arena.connect(caller_nat, callee_nat);
    if (!made.connected || made.relayed != relayed) {
      state.SkipWithError("the connection is not the one that these NATs allow");
    }
    events += static_cast<double>(made.events);
    simulated += made.time.to_milliseconds();
  }
  const auto count = static_cast<double>(state.iterations());
  state.counters["connections/s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
  state.counters["events"] = events / count;
  state.counters["simulated_ms"] = simulated / count;
}
BENCHMARK_CAPTURE(connection, direct, "port-restricted", "port-restricted", false)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(connection, relay, "symmetric", "port-restricted", true)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
