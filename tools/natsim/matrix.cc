#include "tools/natsim/matrix.h"

#include <memory>

#include "sim/agents/call.h"
#include "sim/agents/stun_server.h"
#include "sim/agents/turn_server.h"
#include "sim/core/world.h"
#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/network.h"
#include "sim/net/router.h"

namespace natsim::matrix {
namespace {

constexpr std::string_view open_kind = "OPEN";
// A cell's path is what both sides still use this long after they connected: by then every
// candidate has been signalled and every better pair has had its chance.
constexpr Duration settling = seconds(5);
// Longer than ICE tries (RFC 8863 gives it 39.5 s after the last candidate could come).
constexpr Duration patience = seconds(120);

net::LinkOptions delay(std::int64_t one_way_ms) {
  return {.one_way_delay = milliseconds(one_way_ms)};
}

nat::NatOptions options_of(const std::string& kind, const MatrixOptions& options) {
  for (const MatrixOptions::Extra& extra : options.extra) {
    if (extra.name == kind) return extra.nat;
  }
  nat::NatOptions nat = nat::find_preset(kind).value();
  nat.port_allocation = options.allocation;
  nat.filter_scope = options.filter_scope;
  return nat;
}

// The internet of a cell: one router with the servers and the two homes around it.
class Arena {
 public:
  explicit Arena(std::uint64_t seed) : world_(seed), network_(world_) {
    internet_ = &network_.add<net::Router>("internet");
  }

  core::World& world() { return world_; }

  net::Host& server(const char* name, const IpAddress& address) {
    auto& host = network_.add<net::Host>(name);
    host.add_interface().add_address(address, 24);
    network_.connect(*host.interfaces().front(), internet_->add_interface(), delay(20), delay(20));
    return host;
  }

  // A host behind a NAT of the kind, or with `address` as its own if the kind is OPEN.
  net::Host& home(const char* name, const std::string& kind, const MatrixOptions& options,
                  const IpAddress& address, std::int64_t one_way_ms) {
    auto& host = network_.add<net::Host>(name);
    net::Interface& lan = host.add_interface();
    if (kind == open_kind) {
      lan.add_address(address, 24);
      network_.connect(lan, internet_->add_interface(), delay(one_way_ms), delay(one_way_ms));
      return host;
    }
    const nat::NatOptions nat_options = options_of(kind, options);
    auto& box = network_.add<nat::NatBox>(std::string(name) + ".nat", nat_options);
    box.outside_interface().add_address(address, 24);
    net::Interface& inside = box.add_inside_interface();
    inside.add_address(IpAddress::v4(192, 168, 1, 1), 24);
    lan.add_address(IpAddress::v4(192, 168, 1, 5), 24);
    network_.connect(lan, inside, delay(1), delay(1));
    network_.connect(box.outside_interface(), internet_->add_interface(), delay(one_way_ms),
                     delay(one_way_ms));
    return host;
  }

 private:
  core::World world_;
  net::Network network_;
  net::Router* internet_;
};

}  // namespace

std::string_view to_string(Path path) {
  constexpr std::string_view names[] = {"direct", "relay", "none"};
  return names[static_cast<std::size_t>(path)];
}

std::vector<std::string> kinds() {
  std::vector<std::string> names = {std::string(open_kind)};
  for (const char* mapping : {"EIM", "ADM", "APDM"}) {
    for (const char* filtering : {"EIF", "ADF", "APDF"}) {
      names.push_back(std::string(mapping) + "/" + filtering);
    }
  }
  return names;
}

Cell run_cell(const std::string& a, const std::string& b, const MatrixOptions& options) {
  Arena arena(options.seed);
  const Endpoint stun_endpoint{IpAddress::v4(203, 0, 113, 10), agents::default_stun_port};
  const Endpoint turn_endpoint{IpAddress::v4(203, 0, 113, 20), agents::default_stun_port};
  net::Host& stun_host = arena.server("stun", stun_endpoint.address);
  const auto stun = agents::StunServer::start(stun_host, {.primary = stun_endpoint});
  agents::IcePeerOptions peer{.stun_servers = {stun_endpoint}};
  std::unique_ptr<agents::TurnServer> turn;
  if (options.turn) {
    net::Host& turn_host = arena.server("turn", turn_endpoint.address);
    turn = std::move(
        agents::TurnServer::start(turn_host, {.turn = {.listening = {turn_endpoint},
                                                       .realm = "matrix",
                                                       .users = {{"user", "secret"}},
                                                       .relay_addresses = {turn_endpoint.address}}})
            .value());
    peer.turn_servers = {{turn_endpoint, "user", "secret"}};
  }
  net::Host& caller = arena.home("alice", a, options, IpAddress::v4(198, 51, 100, 7), 15);
  net::Host& callee = arena.home("bob", b, options, IpAddress::v4(198, 51, 100, 130), 30);
  const auto started = agents::Call::start(caller, callee, {.caller = peer, .callee = peer});
  const agents::Call& call = *started.value();

  core::Scheduler& scheduler = arena.world().scheduler();
  const Time deadline = scheduler.now() + patience;
  while (call.connected_at().is_never() && call.state() != agents::CallState::failed &&
         scheduler.step(deadline)) {
  }
  Cell cell{.a = a, .b = b};
  if (call.connected_at().is_never()) return cell;
  scheduler.run_until(call.connected_at() + settling);
  const auto at_caller = call.caller().machine().selected_pair();
  const auto at_callee = call.callee().machine().selected_pair();
  if (!at_caller || !at_callee) return cell;
  cell.a_type = at_callee->remote.type;
  cell.b_type = at_caller->remote.type;
  const bool relayed =
      cell.a_type == ice::CandidateType::relayed || cell.b_type == ice::CandidateType::relayed;
  cell.path = relayed ? Path::relay : Path::direct;
  cell.ice_time = call.connected_at() - call.started_at();
  return cell;
}

}  // namespace natsim::matrix
