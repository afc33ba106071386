// Two peers, each behind a NAT of its own, a server, and a call between the peers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/agents/call.h"
#include "sim/agents/stun_server.h"
#include "sim/agents/turn_server.h"
#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/host.h"
#include "sim/net/network.h"
#include "sim/net/router.h"

namespace natsim::record {

//   alice 192.168.1.5 -- alice.nat 198.51.100.7 --+
//                            server 203.0.113.10 --+-- internet
//   bob 192.168.2.5 ------ bob.nat 198.51.100.8 --+
// A LAN takes 1 ms, a line to the Internet 10 ms, each way.
struct TwoHomes {
  static inline const Endpoint stun_address{IpAddress::v4(203, 0, 113, 10), 3478};
  static inline const Endpoint turn_address{IpAddress::v4(203, 0, 113, 10), 3479};

  TwoHomes(const nat::NatOptions& alices, const nat::NatOptions& bobs) {
    server = &network.add<net::Host>("server");
    join(*server, IpAddress::v4(203, 0, 113, 10), 24);
    alice = &home("alice", alices, 1, IpAddress::v4(198, 51, 100, 7), alice_nat);
    bob = &home("bob", bobs, 2, IpAddress::v4(198, 51, 100, 8), bob_nat);
    stun = std::move(agents::StunServer::start(*server, {.primary = stun_address}).value());
  }

  void start_turn() {
    turn::ServerOptions options;
    options.listening = {turn_address};
    options.realm = "example.org";
    options.users = {{"user", "secret"}};
    options.relay_addresses = {turn_address.address};
    turn = std::move(agents::TurnServer::start(*server, {.turn = options}).value());
    call_options.caller.turn_servers = {{turn_address, "user", "secret"}};
  }

  void start_call() {
    for (agents::IcePeerOptions* peer : {&call_options.caller, &call_options.callee}) {
      if (peer->stun_servers.empty()) peer->stun_servers = {stun_address};
      peer->port = 5000;
    }
    call = std::move(agents::Call::start(*alice, *bob, call_options).value());
  }

  void run_until(Time end) { world.scheduler().run_until(end); }

  core::World world{1};
  net::Network network{world};
  net::Router& internet{network.add<net::Router>("internet")};
  net::Host* server = nullptr;
  net::Host* alice = nullptr;
  net::Host* bob = nullptr;
  nat::NatBox* alice_nat = nullptr;
  nat::NatBox* bob_nat = nullptr;
  net::Interface* alice_wan = nullptr;
  agents::CallOptions call_options;
  std::unique_ptr<agents::StunServer> stun;
  std::unique_ptr<agents::TurnServer> turn;
  std::unique_ptr<agents::Call> call;

 private:
  static net::LinkOptions delay(Duration one_way) { return {.one_way_delay = one_way}; }

  void join(net::Host& host, const IpAddress& address, std::uint8_t prefix_length) {
    net::Interface& interface = host.add_interface();
    interface.add_address(address, prefix_length);
    network.connect(interface, internet.add_interface(), delay(milliseconds(10)),
                    delay(milliseconds(10)));
  }

  net::Host& home(const std::string& name, const nat::NatOptions& options, std::uint8_t subnet,
                  const IpAddress& external, nat::NatBox*& nat) {
    nat = &network.add<nat::NatBox>(name + ".nat", options);
    nat->outside_interface().add_address(external, 24);
    network.connect(nat->outside_interface(), internet.add_interface(), delay(milliseconds(10)),
                    delay(milliseconds(10)));
    net::Host& host = network.add<net::Host>(name);
    net::Interface& lan = host.add_interface();
    lan.add_address(IpAddress::v4(192, 168, subnet, 5), 24);
    net::Interface& inside = nat->add_inside_interface();
    inside.add_address(IpAddress::v4(192, 168, subnet, 1), 24);
    network.connect(lan, inside, delay(milliseconds(1)), delay(milliseconds(1)));
    return host;
  }
};

}  // namespace natsim::record
