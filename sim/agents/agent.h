// A program on a simulated host: what binds a protocol machine to sockets, clock and event stream.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "sim/net/host.h"
#include "stack/base/datagram.h"
#include "stack/base/result.h"

namespace natsim::agents {

// The host's side of stack/base/machine.h. Contract:
// 1. A subclass calls `pump()` after each change of its machine. Pumping drains the machine through
//    `drain()` and arms the one wake-up for `next_timeout()`.
// 2. What arrives at a socket is given to `take`, and ICMP errors to `take_error`; both are
// followed
//    by pumping.
// 3. A machine whose deadline does not move on after `handle_timeout` breaks its own contract;
// after
//    1000 wake-ups at one instant std::logic_error says so.
// 4. An agent must not outlive its host. While the host sleeps the agent is not woken; what it
//    missed comes due, late, when the host wakes.
class Agent : public core::Named, protected core::Actor, protected net::DatagramReceiver {
 public:
  ~Agent() override { host_.forget(wake_up_); }

  [[nodiscard]] net::Host& host() const { return host_; }

 protected:
  // The agent is named "<host>/<role>", the second one of that role "<host>/<role>-2".
  Agent(net::Host& host, std::string_view role);

  // Opens a socket; its local endpoint, with the port filled in and the address as given.
  Result<Endpoint> bind(const Endpoint& local);
  void unbind(const Endpoint& local) { sockets_.erase(local); }
  [[nodiscard]] bool is_bound(const Endpoint& local) const { return sockets_.contains(local); }
  // Sends from the socket bound to `transmit.local`; nothing if that has been closed.
  void transmit(const Transmit& transmit);
  // Emits an event of this agent.
  void tell(std::string_view kind, std::initializer_list<core::Field> fields) {
    world().events().emit(world().now(), id(), kind, fields);
  }
  // Ends `packet`, or a message of a stream if it is null: these have no packet of their own, and
  // "stream.discarded" {reason, note} tells of them.
  void discard(const net::Packet* packet, core::DropReason reason, std::string_view note);
  void pump();

  virtual void take(const Endpoint& local, const net::Packet& packet) = 0;
  virtual void take_error(const Endpoint& /*local*/, net::IcmpError /*error*/,
                          const Endpoint& /*remote*/) {}
  virtual void handle_timeout(Time now) = 0;
  [[nodiscard]] virtual Time next_timeout() const = 0;
  // Polls the machine until nothing is left: transmits, then events.
  virtual void drain() = 0;

 private:
  void receive(net::UdpSocket& socket, const net::Packet& packet) override;
  void receive_error(net::UdpSocket& socket, net::IcmpError error, const Endpoint& remote) override;
  void on_timer(core::Timer& timer) override;

  net::Host& host_;
  absl::flat_hash_map<Endpoint, std::unique_ptr<net::UdpSocket>> sockets_;  // never walked
  core::Timer wake_up_;
  Time last_wake_up_;       // to find a deadline that does not move
  int wake_ups_at_it_ = 0;  // how often the agent has been woken at that instant
};

}  // namespace natsim::agents
