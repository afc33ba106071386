#include "tests/judges/ice_trial.h"

#include <cstdint>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "sim/agents/ice_peer.h"
#include "sim/agents/stun_server.h"
#include "tests/judges/arena.h"

namespace natsim::judges {
namespace {

// Passes signals on, with reflexive candidates' ports as they will be for the next remote.
class Foresight : public agents::SignalReceiver {
 public:
  Foresight(agents::SignalReceiver& next, bool on) : next_(next), on_(on) {}

  void receive_signal(const agents::Signal& signal) override {
    const auto* const candidate = std::get_if<ice::Candidate>(&signal);
    if (!on_ || candidate == nullptr) return next_.receive_signal(signal);
    ice::Candidate foreseen = *candidate;
    ++foreseen.address.port;
    next_.receive_signal(foreseen);
  }

 private:
  agents::SignalReceiver& next_;
  bool on_;
};

}  // namespace

std::optional<IcePath> ice_between(const IceSide& a, const IceSide& b) {
  Arena arena;
  const Endpoint server{IpAddress::v4(203, 0, 113, 10), agents::default_stun_port};
  net::Host& stun_host = arena.host("stun", server.address);
  arena.to_internet(*stun_host.interfaces().front(), 20);
  const auto stun = agents::StunServer::start(stun_host, {.primary = server});
  const auto at_home = [&](const std::string& name, std::uint8_t number, const IceSide& side,
                           std::int64_t ms) -> net::Host& {
    net::Host& host = arena.host(name, IpAddress::v4(192, 168, number, 5));
    arena.to_internet(
        arena.behind(name + ".nat", side.nat, *host.interfaces().front(),
                     IpAddress::v4(192, 168, number, 1), IpAddress::v4(198, 51, number, 7)),
        ms);
    return host;
  };
  // One pair: what checks of private addresses would do to a NAT's next port is another matter.
  agents::IcePeerOptions options{.stun_servers = {server}};
  options.ice.hide_host_candidates = true;
  agents::IcePeerOptions callee_options = options;
  callee_options.ice.role = ice::Role::controlled;
  agents::IcePeer caller(at_home("a", 1, a, 15), options);
  agents::IcePeer callee(at_home("b", 2, b, 30), callee_options);
  Foresight of_a(callee, a.foreseen);
  Foresight of_b(caller, b.foreseen);
  agents::SignallingChannel a_to_b(arena.world(), "a->b", {}, of_a);
  agents::SignallingChannel b_to_a(arena.world(), "b->a", {}, of_b);
  caller.connect(a_to_b);
  callee.connect(b_to_a);
  EXPECT_TRUE(caller.start());

  const auto over = [&] {
    const auto failed = [](const agents::IcePeer& peer) {
      return peer.machine().state() == ice::AgentState::failed;
    };
    return (!caller.selected_at().is_never() && !callee.selected_at().is_never()) ||
           failed(caller) || failed(callee);
  };
  while (!over() && arena.world().scheduler().step(Time{} + seconds(120))) {
  }
  const auto seen_by_a = caller.machine().selected_pair();
  const auto seen_by_b = callee.machine().selected_pair();
  if (!seen_by_a || !seen_by_b) return std::nullopt;
  return IcePath{seen_by_a->local.type, seen_by_b->local.type};
}

}  // namespace natsim::judges
