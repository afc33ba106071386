// Two agents and more on a network in virtual time: delays, NATs, STUN and TURN servers,
// signalling, and packets lost by predicate. Machines are driven by the deadlines that they
// advertise only.
#pragma once

#include "nat_model.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stack/base/random.h"
#include "stack/ice/agent.h"
#include "stack/stun/binding_server.h"
#include "stack/turn/server.h"

namespace natsim::ice::test {

class World;

// A datagram where it enters the public network: behind the sender's NAT.
struct Packet {
  Time sent;
  Endpoint from;
  Endpoint to;
  Bytes payload;

  [[nodiscard]] std::optional<stun::MessageView> stun() const {
    return stun::MessageView::parse(payload);
  }
  // A Binding message of the given class.
  [[nodiscard]] bool is_binding(stun::MessageClass message_class) const {
    const auto message = stun();
    return message && message->method() == stun::Method::binding &&
           message->message_class() == message_class;
  }
};

struct TimedEvent {
  Time at;
  Event event;
};

// An agent on a host with one socket.
class Peer {
 public:
  Peer(World& world, std::string name, const Endpoint& address, Duration delay, Options options,
       std::optional<NatModel> nat, std::uint64_t seed);

  Agent& agent() { return agent_; }
  NatModel* nat() { return nat_ ? &*nat_ : nullptr; }
  // The newest socket's.
  [[nodiscard]] const Endpoint& address() const { return addresses_.back(); }
  [[nodiscard]] bool has(const Endpoint& address) const;
  [[nodiscard]] Duration delay() const { return delay_; }

  // Trickles everything to the other peer from now on, which follows restarts.
  void signal_to(Peer& other) { other_ = &other; }
  void start(Time now);
  // On another socket, of the next port.
  void restart(Time now);

  [[nodiscard]] const std::vector<TimedEvent>& events() const { return events_; }
  [[nodiscard]] const std::vector<std::pair<Time, Bytes>>& data() const { return data_; }
  [[nodiscard]] std::size_t packets_sent() const { return packets_sent_; }

  // All events of one type, with their times.
  template <typename T>
  [[nodiscard]] std::vector<std::pair<Time, T>> all() const {
    std::vector<std::pair<Time, T>> found;
    for (const auto& [at, event] : events_) {
      if (const T* typed = std::get_if<T>(&event)) found.emplace_back(at, *typed);
    }
    return found;
  }
  // When the agent entered `state` first; Time::never() if it has not.
  [[nodiscard]] Time entered(AgentState state) const;
  [[nodiscard]] std::size_t ignored(IgnoreReason reason) const;

  // Called by the world.
  void receive(const Endpoint& local, const Endpoint& remote, ByteView bytes, Time now);
  void wake(Time now);
  // After any call to the agent.
  void drain(Time now);

 private:
  void gather(Time now);
  void trickle(const Event& event);

  World& world_;
  std::string name_;
  std::vector<Endpoint> addresses_;
  Duration delay_;  // one way, between the host and the middle of the network
  std::optional<NatModel> nat_;
  Agent agent_;
  Peer* other_ = nullptr;
  std::vector<TimedEvent> events_;
  std::vector<std::pair<Time, Bytes>> data_;
  std::size_t packets_sent_ = 0;
  std::uint32_t generation_ = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed = 1) : seed_(seed) {}

  // A host with a private address if it has a NAT, whose external address is then `external`.
  Peer& add_peer(const std::string& name, const Endpoint& address, Duration delay, Options options,
                 std::optional<NatModel> nat = std::nullopt);
  void add_stun_server(const Endpoint& address, Duration delay);
  // Relays at its own address, and at this one, to which nothing is carried.
  void add_turn_server(const Endpoint& address, Duration delay,
                       const std::optional<IpAddress>& additional_relay = std::nullopt);

  Duration signalling_delay = milliseconds(20);
  // Packets for which it is true are lost. They have left the sender's NAT.
  std::function<bool(const Packet&)> drop = [](const Packet&) { return false; };
  // Delay beyond that of the two ends.
  std::function<Duration(const Packet&)> extra_delay = [](const Packet&) { return Duration{}; };

  [[nodiscard]] Time now() const { return now_; }
  void at(Time when, std::function<void()> action);
  void after(Duration delay, std::function<void()> action) { at(now_ + delay, std::move(action)); }
  void run_until(Time end);
  // Until nothing is left to do before `end`, or `done` is true after an event.
  void run_until(Time end, const std::function<bool()>& done);

  // Every packet on the public network, lost ones included.
  [[nodiscard]] const std::vector<Packet>& packets() const { return packets_; }
  // Whether to keep them; a long run need not.
  bool keep_packets = true;

  // Called by peers.
  void send(Peer& sender, Transmit transmit);

 private:
  struct Server {
    Duration delay;
    std::optional<stun::BindingServer> stun;
    std::optional<turn::Server> turn;
  };

  void route(const Endpoint& from, const Endpoint& to, Bytes payload, Duration delay);
  void arrive(const Endpoint& from, const Endpoint& to, const Bytes& payload);
  void drain(Server& server);
  // Delay of the host or server that has `address`; nullopt if there is none.
  [[nodiscard]] std::optional<Duration> delay_to(const Endpoint& address) const;

  std::uint64_t seed_;
  Time now_{};
  std::uint64_t sequence_ = 0;  // orders actions of one instant
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> agenda_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::map<IpAddress, Server> servers_;
  std::vector<Packet> packets_;
};

}  // namespace natsim::ice::test
