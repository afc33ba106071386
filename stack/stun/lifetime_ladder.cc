#include "stack/stun/lifetime_ladder.h"

#include <algorithm>

namespace natsim::stun {

LifetimeLadder::LifetimeLadder(const Options& options, Random random, Time now)
    : options_(options), random_(random) {
  begin_round(now);
}

void LifetimeLadder::begin_round(Time /*now*/) {
  trials_.clear();
  const auto add = [this](Duration wait) {
    trials_.push_back({.socket = sockets_++, .wait = wait});
  };
  if (!found_.alive_after && !found_.expired_after) {
    Duration wait = options_.longest;
    for (int i = 0; i < trials_at_once && wait >= options_.resolution; ++i) {
      add(wait);
      wait = wait / 2;
    }
    if (trials_.empty()) add(options_.longest);
    return;
  }
  const Duration low = found_.alive_after.value_or(Duration{});
  const Duration gap = *found_.expired_after - low;
  // No closer to one another than is asked for.
  const std::int64_t parts = std::min<std::int64_t>(
      trials_at_once + 1, (gap.ns + options_.resolution.ns - 1) / options_.resolution.ns);
  for (std::int64_t i = 1; i < parts; ++i) add(low + gap * i / parts);
}

std::optional<int> LifetimeLadder::poll_socket() {
  if (done_ || named_ == sockets_) return std::nullopt;
  return named_++;
}

void LifetimeLadder::socket_opened(int socket, const Endpoint& local, Time now) {
  if (socket == asking_socket) {
    asking_ = local;
    return;
  }
  for (Trial& trial : trials_) {
    if (trial.socket != socket) continue;
    trial.local = local;
    use(trial, now);
  }
}

void LifetimeLadder::use(Trial& trial, Time now) {
  trial.state = State::used;
  trial.probe.emplace(BindingProbe::Request{.local = trial.local, .remote = options_.server},
                      options_.timers, random_, now);
}

void LifetimeLadder::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                             Time now) {
  const auto message = MessageView::parse(datagram);
  if (!message) return;
  for (Trial& trial : trials_) {
    if (!trial.probe || !trial.probe->receive(local, remote, *message)) continue;
    conclude(trial, now);
    return settle(now);
  }
}

void LifetimeLadder::handle_timeout(Time now) {
  for (Trial& trial : trials_) {
    if (trial.probe && trial.probe->next_timeout() <= now) {
      trial.probe->handle_timeout(now);
      conclude(trial, now);
    }
    if (trial.until > now) continue;
    trial.until = Time::never();
    if (trial.state == State::resting) {
      use(trial, now);
    } else if (trial.state == State::left_alone && asking_) {
      trial.state = State::asked;
      trial.probe.emplace(
          BindingProbe::Request{
              .local = *asking_, .remote = options_.server, .response_port = trial.mapped_port},
          options_.timers, random_, now);
    }
  }
  settle(now);
}

void LifetimeLadder::conclude(Trial& trial, Time now) {
  const auto outcome = trial.probe->outcome();
  if (outcome == BindingProbe::Outcome::waiting) return;
  if (trial.state == State::used) {
    if (outcome != BindingProbe::Outcome::success) {
      trial.state = State::over;
      trial.probe.reset();
      return;
    }
    trial.mapped_port = trial.probe->answer().mapped.port;
    const bool more = options_.stream && ++trial.exchanges < stream_exchanges;
    trial.state = more ? State::resting : State::left_alone;
    trial.until = now + (more ? stream_interval : trial.wait);
    trial.probe.reset();
    return;
  }
  if (outcome == BindingProbe::Outcome::success || outcome == BindingProbe::Outcome::timeout) {
    // Elsewhere than to its own socket the answer gets only when the port has a new owner.
    const bool alive =
        outcome == BindingProbe::Outcome::success && trial.probe->answer().local == trial.local;
    auto& bound = alive ? found_.alive_after : found_.expired_after;
    const bool narrows = !bound || (alive ? trial.wait > *bound : trial.wait < *bound);
    if (narrows) bound = trial.wait;
  } else {
    refused_ = true;
  }
  trial.state = State::over;
  trial.probe.reset();
}

// Gives up what is known without it, and goes on when nothing is left to wait for.
void LifetimeLadder::settle(Time now) {
  for (Trial& trial : trials_) {
    const bool dead = found_.expired_after && trial.wait >= *found_.expired_after;
    const bool alive = found_.alive_after && trial.wait <= *found_.alive_after;
    if (!dead && !alive && !refused_) continue;
    trial.state = State::over;
    trial.until = Time::never();
    trial.probe.reset();
  }
  const bool waits = std::any_of(trials_.begin(), trials_.end(),
                                 [](const Trial& trial) { return trial.state != State::over; });
  if (waits) return;
  const Duration low = found_.alive_after.value_or(Duration{});
  if (refused_ || !found_.expired_after || *found_.expired_after - low <= options_.resolution) {
    if (refused_) found_ = {};
    done_ = true;
    return;
  }
  begin_round(now);
}

Time LifetimeLadder::next_timeout() const {
  if (done_) return Time::never();
  Time next = Time::never();
  for (const Trial& trial : trials_) {
    next = std::min(next, trial.until);
    if (trial.probe) next = std::min(next, trial.probe->next_timeout());
  }
  return next;
}

std::optional<Transmit> LifetimeLadder::poll_transmit() {
  for (Trial& trial : trials_) {
    if (!trial.probe) continue;
    if (auto out = trial.probe->poll_transmit()) return out;
  }
  return std::nullopt;
}

}  // namespace natsim::stun
