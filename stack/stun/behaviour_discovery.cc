#include "stack/stun/behaviour_discovery.h"

namespace natsim::stun {
namespace {

using Outcome = BindingProbe::Outcome;

// The sockets by their numbers. Lifetime tests take a new one for each round, from the last on.
constexpr int mapping_socket = 0;
constexpr int filtering_socket = 1;
constexpr int hairpin_target_socket = 2;
constexpr int hairpin_source_socket = 3;
constexpr int lifetime_asking_socket = 4;
constexpr int first_lifetime_socket = 5;

}  // namespace

std::string to_string(MappingBehaviour behaviour) {
  switch (behaviour) {
    case MappingBehaviour::cannot_tell:
      return "cannot tell";
    case MappingBehaviour::no_translation:
      return "no translation";
    case MappingBehaviour::endpoint_independent:
      return "endpoint-independent";
    case MappingBehaviour::address_dependent:
      return "address-dependent";
    case MappingBehaviour::address_and_port_dependent:
      return "address-and-port-dependent";
  }
  return {};
}

std::string to_string(FilteringBehaviour behaviour) {
  switch (behaviour) {
    case FilteringBehaviour::cannot_tell:
      return "cannot tell";
    case FilteringBehaviour::endpoint_independent:
      return "endpoint-independent";
    case FilteringBehaviour::address_dependent:
      return "address-dependent";
    case FilteringBehaviour::address_and_port_dependent:
      return "address-and-port-dependent";
  }
  return {};
}

std::string to_string(HairpinBehaviour behaviour) {
  switch (behaviour) {
    case HairpinBehaviour::cannot_tell:
      return "cannot tell";
    case HairpinBehaviour::absent:
      return "absent";
    case HairpinBehaviour::present:
      return "present";
  }
  return {};
}

BehaviourDiscovery::BehaviourDiscovery(const Options& options, Random random, Time now)
    : options_(options),
      probes_(random),
      search_(options.longest_lifetime, options.lifetime_resolution),
      armed_socket_(first_lifetime_socket - 1) {
  enter(Step::mapping_1, now);
}

void BehaviourDiscovery::ask(int socket, const Endpoint& remote, Time now, ChangeRequest change) {
  probes_.ask({.socket = socket, .remote = remote, .change = change, .timers = options_.timers},
              now);
}

void BehaviourDiscovery::enter(Step step, Time now) {
  step_ = step;
  const Endpoint& server = options_.server;
  switch (step) {
    case Step::mapping_1:
      return ask(mapping_socket, server, now);
    case Step::mapping_2:
      return ask(mapping_socket, {other_->address, server.port}, now);
    case Step::mapping_3:
      return ask(mapping_socket, *other_, now);
    case Step::filtering_1:
      return ask(filtering_socket, server, now);
    case Step::filtering_2:
      return ask(filtering_socket, server, now, {.change_ip = true, .change_port = true});
    case Step::filtering_3:
      return ask(filtering_socket, server, now, {.change_ip = false, .change_port = true});
    case Step::hairpin_target:
      return ask(hairpin_target_socket, server, now);
    case Step::hairpin_source:
      return ask(hairpin_source_socket, server, now);
    case Step::hairpin_probe:
      // Opens the target's own filter, which would otherwise be taken for a lack of hairpinning.
      probes_.send_indication(hairpin_target_socket, last_mapped_);
      return ask(hairpin_source_socket, hairpin_target_, now);
    case Step::lifetime_arm:
      return ask(++armed_socket_, server, now);
    case Step::lifetime_wait:
      wait_until_ = now + waited_;
      return;
    case Step::lifetime_probe:
      probes_.ask({.socket = lifetime_asking_socket,
                   .remote = server,
                   .response_port = armed_port_,
                   .timers = options_.lifetime_timers},
                  now);
      return;
    case Step::done:
      return;
  }
}

void BehaviourDiscovery::enter_mapping_end(Time now) {
  // Without an alternate address nothing can be said about filters.
  if (options_.filtering && other_) return enter(Step::filtering_1, now);
  enter_filtering_end(now);
}

void BehaviourDiscovery::enter_filtering_end(Time now) {
  // Without translation there is no mapped address to come back by.
  if (options_.hairpin && report_.mapping != MappingBehaviour::no_translation) {
    return enter(Step::hairpin_target, now);
  }
  enter_lifetime_round(now);
}

void BehaviourDiscovery::enter_lifetime_round(Time now) {
  report_.lifetime = search_.found();
  const auto wait = options_.lifetime ? search_.next() : std::nullopt;
  if (!wait) return enter(Step::done, now);
  waited_ = *wait;
  enter(Step::lifetime_arm, now);
}

void BehaviourDiscovery::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                                 Time now) {
  const auto message = MessageView::parse(datagram);
  if (!message) return;
  if (step_ == Step::hairpin_probe && probes_.is_own_request(*message)) {
    report_.hairpin = HairpinBehaviour::present;
    return enter_lifetime_round(now);
  }
  probes_.receive(local, remote, *message);
  if (const auto probe = probes_.concluded()) conclude(*probe, now);
}

void BehaviourDiscovery::handle_timeout(Time now) {
  if (step_ == Step::lifetime_wait && now >= wait_until_) {
    wait_until_ = Time::never();
    return enter(Step::lifetime_probe, now);
  }
  probes_.handle_timeout(now);
  if (const auto probe = probes_.concluded()) conclude(*probe, now);
}

Time BehaviourDiscovery::next_timeout() const {
  if (step_ == Step::done) return Time::never();
  return step_ == Step::lifetime_wait ? wait_until_ : probes_.next_timeout();
}

void BehaviourDiscovery::conclude(const BindingProbe& probe, Time now) {
  if (step_ <= Step::mapping_3) return conclude_mapping(probe, now);
  if (step_ <= Step::filtering_3) return conclude_filtering(probe, now);
  if (step_ <= Step::hairpin_probe) return conclude_hairpin(probe, now);
  conclude_lifetime(probe, now);
}

void BehaviourDiscovery::conclude_mapping(const BindingProbe& probe, Time now) {
  const BindingAnswer& answer = probe.answer();
  if (probe.outcome() != Outcome::success) {
    if (step_ != Step::mapping_1) return enter_mapping_end(now);
    report_.udp_blocked = probe.outcome() == Outcome::timeout;
    return enter(Step::done, now);
  }
  const Endpoint before = last_mapped_;
  last_mapped_ = answer.mapped;
  if (step_ == Step::mapping_1) {
    report_.mapped = answer.mapped;
    report_.payload_rewritten = answer.rewritten;
    const Endpoint& server = options_.server;
    if (answer.other_address && answer.other_address->address != server.address &&
        answer.other_address->port != server.port &&
        answer.other_address->address.family() == server.address.family()) {
      other_ = answer.other_address;
    }
    if (answer.mapped == probes_.local(mapping_socket)) {
      report_.mapping = MappingBehaviour::no_translation;
    } else if (options_.mapping && other_) {
      return enter(Step::mapping_2, now);
    }
  } else if (answer.mapped == before) {
    report_.mapping = step_ == Step::mapping_2 ? MappingBehaviour::endpoint_independent
                                               : MappingBehaviour::address_dependent;
  } else if (step_ == Step::mapping_2) {
    return enter(Step::mapping_3, now);
  } else {
    report_.mapping = MappingBehaviour::address_and_port_dependent;
  }
  enter_mapping_end(now);
}

void BehaviourDiscovery::conclude_filtering(const BindingProbe& probe, Time now) {
  const bool success = probe.outcome() == Outcome::success;
  const bool silent = probe.outcome() == Outcome::timeout;
  const Endpoint& source = probe.answer().source;
  switch (step_) {
    case Step::filtering_1:
      if (success) return enter(Step::filtering_2, now);
      break;
    case Step::filtering_2:
      if (silent) return enter(Step::filtering_3, now);
      // An answer from another place says nothing: the server has not done what it was asked to.
      if (success && source == *other_) {
        report_.filtering = FilteringBehaviour::endpoint_independent;
      }
      break;
    default:
      if (silent) {
        report_.filtering = FilteringBehaviour::address_and_port_dependent;
      } else if (success && source == Endpoint{options_.server.address, other_->port}) {
        report_.filtering = FilteringBehaviour::address_dependent;
      }
      break;
  }
  enter_filtering_end(now);
}

void BehaviourDiscovery::conclude_hairpin(const BindingProbe& probe, Time now) {
  const bool success = probe.outcome() == Outcome::success;
  switch (step_) {
    case Step::hairpin_target:
      if (!success) break;
      hairpin_target_ = probe.answer().mapped;
      return enter(Step::hairpin_source, now);
    case Step::hairpin_source:
      if (!success) break;
      last_mapped_ = probe.answer().mapped;
      return enter(Step::hairpin_probe, now);
    default:
      // Only where the mapped address is good for every sender does silence mean no hairpinning.
      if (probe.outcome() == Outcome::timeout &&
          report_.mapping == MappingBehaviour::endpoint_independent) {
        report_.hairpin = HairpinBehaviour::absent;
      }
      break;
  }
  enter_lifetime_round(now);
}

void BehaviourDiscovery::conclude_lifetime(const BindingProbe& probe, Time now) {
  if (step_ == Step::lifetime_arm) {
    if (probe.outcome() != Outcome::success) return enter(Step::done, now);
    armed_port_ = probe.answer().mapped.port;
    return enter(Step::lifetime_wait, now);
  }
  switch (probe.outcome()) {
    case Outcome::success:
      // Elsewhere than to the armed socket the answer gets only when the port has a new owner.
      search_.record(waited_, probe.answer().local == probes_.local(armed_socket_));
      return enter_lifetime_round(now);
    case Outcome::timeout:
      search_.record(waited_, false);
      return enter_lifetime_round(now);
    // A server without RESPONSE-PORT.
    default:
      return enter(Step::done, now);
  }
}

}  // namespace natsim::stun
