#include "world.h"

#include <algorithm>
#include <variant>

#include <gtest/gtest.h>

namespace natsim::ice::test {

Peer::Peer(World& world, std::string name, const Endpoint& address, Duration delay, Options options,
           std::optional<NatModel> nat, std::uint64_t seed)
    : world_(world),
      name_(std::move(name)),
      addresses_{address},
      delay_(delay),
      nat_(std::move(nat)),
      agent_(std::move(options), Random(seed).split(name_)) {}

bool Peer::has(const Endpoint& address) const {
  return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

void Peer::start(Time now) { gather(now); }

void Peer::restart(Time now) {
  ++generation_;
  EXPECT_TRUE(agent_.restart(now));
  addresses_.push_back(address());
  ++addresses_.back().port;
  gather(now);
}

void Peer::gather(Time now) {
  EXPECT_EQ(agent_.add_local_address(address(), now), std::nullopt);
  agent_.start_gathering(now);
  if (other_ != nullptr) {
    const Credentials credentials = agent_.local_credentials();
    world_.after(world_.signalling_delay, [this, credentials, generation = generation_] {
      if (generation < other_->generation_) return;
      while (generation > other_->generation_) other_->restart(world_.now());
      EXPECT_TRUE(other_->agent().set_remote_credentials(credentials, world_.now()));
      other_->drain(world_.now());
    });
  }
  drain(now);
}

Time Peer::entered(AgentState state) const {
  for (const auto& [at, event] : events_) {
    const auto* change = std::get_if<StateChanged>(&event);
    if (change != nullptr && change->to == state) return at;
  }
  return Time::never();
}

std::size_t Peer::ignored(IgnoreReason reason) const {
  return static_cast<std::size_t>(
      std::count_if(events_.begin(), events_.end(), [&](const TimedEvent& timed) {
        const auto* ignored = std::get_if<Ignored>(&timed.event);
        return ignored != nullptr && ignored->reason == reason;
      }));
}

void Peer::receive(const Endpoint& local, const Endpoint& remote, ByteView bytes, Time now) {
  if (const auto data = agent_.receive(local, remote, bytes, now)) {
    data_.emplace_back(now, Bytes(data->payload.begin(), data->payload.end()));
  }
  drain(now);
}

void Peer::wake(Time now) {
  agent_.handle_timeout(now);
  drain(now);
  EXPECT_GT(agent_.next_timeout(), now) << name_ << " does not sleep";
}

void Peer::drain(Time now) {
  while (auto transmit = agent_.poll_transmit()) {
    ++packets_sent_;
    world_.send(*this, std::move(*transmit));
  }
  while (auto event = agent_.poll_event()) {
    trickle(*event);
    events_.push_back({now, std::move(*event)});
  }
}

void Peer::trickle(const Event& event) {
  if (other_ == nullptr) return;
  if (const auto* gathered = std::get_if<CandidateGathered>(&event)) {
    Candidate candidate = gathered->candidate;
    candidate.base = candidate.server = Endpoint();
    candidate.ufrag = agent_.local_credentials().ufrag;
    world_.after(world_.signalling_delay, [this, candidate] {
      other_->agent().add_remote_candidate(candidate, world_.now());
      other_->drain(world_.now());
    });
  } else if (std::holds_alternative<GatheringComplete>(event)) {
    world_.after(world_.signalling_delay, [this, generation = generation_] {
      if (generation != other_->generation_) return;
      other_->agent().end_of_remote_candidates(world_.now());
      other_->drain(world_.now());
    });
  }
}

Peer& World::add_peer(const std::string& name, const Endpoint& address, Duration delay,
                      Options options, std::optional<NatModel> nat) {
  peers_.push_back(std::make_unique<Peer>(*this, name, address, delay, std::move(options),
                                          std::move(nat), seed_));
  return *peers_.back();
}

void World::add_stun_server(const Endpoint& address, Duration delay) {
  servers_[address.address] = {
      delay, stun::BindingServer(stun::BindingServer::Options{.primary = address}), std::nullopt};
}

void World::add_turn_server(const Endpoint& address, Duration delay,
                            const std::optional<IpAddress>& additional_relay) {
  turn::ServerOptions options;
  options.listening = {address};
  options.realm = "example.org";
  options.users = {{"alice", "secret"}};
  options.relay_addresses = {address.address};
  if (additional_relay) options.relay_addresses.push_back(*additional_relay);
  Server server{delay, std::nullopt, std::nullopt};
  server.turn.emplace(std::move(options), Random(seed_).split("turn server"));
  servers_[address.address] = std::move(server);
}

void World::at(Time when, std::function<void()> action) {
  agenda_.emplace(std::pair(when, sequence_++), std::move(action));
}

void World::run_until(Time end) {
  run_until(end, [] { return false; });
}

void World::run_until(Time end, const std::function<bool()>& done) {
  for (;;) {
    Time next = agenda_.empty() ? Time::never() : agenda_.begin()->first.first;
    for (const auto& peer : peers_) next = std::min(next, peer->agent().next_timeout());
    for (auto& [address, server] : servers_) {
      if (server.turn) next = std::min(next, server.turn->next_timeout());
    }
    if (next > end) {
      now_ = end;
      return;
    }
    ASSERT_GE(next, now_);
    now_ = next;
    while (!agenda_.empty() && agenda_.begin()->first.first == now_) {
      const auto action = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      action();
    }
    for (const auto& peer : peers_) {
      if (peer->agent().next_timeout() <= now_) peer->wake(now_);
    }
    for (auto& [address, server] : servers_) {
      if (!server.turn || server.turn->next_timeout() > now_) continue;
      server.turn->handle_timeout(now_);
      drain(server);
    }
    if (done()) return;
  }
}

void World::send(Peer& sender, Transmit transmit) {
  Endpoint from = transmit.local;
  if (NatModel* nat = sender.nat()) from = nat->translate_out(transmit.local, transmit.remote);
  route(from, transmit.remote, std::move(transmit.payload), sender.delay());
}

void World::route(const Endpoint& from, const Endpoint& to, Bytes payload, Duration delay) {
  Packet packet{now_, from, to, std::move(payload)};
  const bool lost = drop(packet);
  if (keep_packets) packets_.push_back(packet);
  const auto far = delay_to(to);
  if (lost || !far) return;
  const Duration total = delay + *far + extra_delay(packet);
  after(total,
        [this, packet = std::move(packet)] { arrive(packet.from, packet.to, packet.payload); });
}

void World::arrive(const Endpoint& from, const Endpoint& to, const Bytes& payload) {
  if (const auto it = servers_.find(to.address); it != servers_.end()) {
    Server& server = it->second;
    if (server.stun) {
      server.stun->receive(to, from, payload, now_);
    } else if (to.port == 3478) {
      server.turn->receive(to, from, payload, now_);
    } else {
      server.turn->receive_from_peer(to, from, payload, now_);
    }
    drain(server);
    return;
  }
  for (const auto& peer : peers_) {
    if (NatModel* nat = peer->nat()) {
      if (to.address != nat->external()) continue;
      if (const auto inside = nat->translate_in(to.port, from)) {
        peer->receive(*inside, from, payload, now_);
      }
      return;
    }
    if (peer->has(to)) return peer->receive(to, from, payload, now_);
  }
}

void World::drain(Server& server) {
  if (server.stun) {
    while (auto transmit = server.stun->poll_transmit()) {
      route(transmit->local, transmit->remote, std::move(transmit->payload), server.delay);
    }
    return;
  }
  while (auto transmit = server.turn->poll_transmit()) {
    route(transmit->local, transmit->remote, std::move(transmit->payload), server.delay);
  }
  while (server.turn->poll_event()) {
    // Relay ports need no sockets here: whatever comes to them is given to the server.
  }
}

std::optional<Duration> World::delay_to(const Endpoint& address) const {
  if (const auto it = servers_.find(address.address); it != servers_.end()) return it->second.delay;
  for (const auto& peer : peers_) {
    const NatModel* nat = peer->nat();
    if (nat != nullptr ? address.address == nat->external() : peer->has(address)) {
      return peer->delay();
    }
  }
  return std::nullopt;
}

}  // namespace natsim::ice::test
