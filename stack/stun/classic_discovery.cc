#include "stack/stun/classic_discovery.h"

namespace natsim::stun {

namespace {

using Outcome = BindingProbe::Outcome;

}  // namespace

std::string to_string(ClassicNatType type) {
  switch (type) {
    case ClassicNatType::cannot_tell:
      return "cannot tell";
    case ClassicNatType::blocked:
      return "UDP blocked";
    case ClassicNatType::open_internet:
      return "open internet";
    case ClassicNatType::symmetric_firewall:
      return "symmetric UDP firewall";
    case ClassicNatType::full_cone:
      return "full cone";
    case ClassicNatType::restricted_cone:
      return "restricted cone";
    case ClassicNatType::port_restricted_cone:
      return "port-restricted cone";
    case ClassicNatType::symmetric:
      return "symmetric";
  }
  return {};
}

ClassicDiscovery::ClassicDiscovery(const Endpoint& server, const TransactionTimers& timers,
                                   Random random, Time now)
    : server_(server), timers_(timers), probes_(random) {
  begin(Test::one, now);
}

void ClassicDiscovery::begin(Test test, Time now) {
  test_ = test;
  DiscoveryProbes::Query query{.socket = 0, .remote = server_, .timers = timers_};
  if (test == Test::two) query.change = {.change_ip = true, .change_port = true};
  if (test == Test::one_again) query.remote = other_;
  if (test == Test::three) query.change = {.change_ip = false, .change_port = true};
  probes_.ask(query, now);
}

void ClassicDiscovery::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                               Time now) {
  const auto message = MessageView::parse(datagram);
  if (!message) return;
  probes_.receive(local, remote, *message);
  if (const auto probe = probes_.concluded()) conclude(*probe, now);
}

void ClassicDiscovery::handle_timeout(Time now) {
  probes_.handle_timeout(now);
  if (const auto probe = probes_.concluded()) conclude(*probe, now);
}

void ClassicDiscovery::conclude(const BindingProbe& probe, Time now) {
  const bool silent = probe.outcome() == Outcome::timeout;
  if (!silent && probe.outcome() != Outcome::success) {
    type_ = ClassicNatType::cannot_tell;
    return;
  }
  const BindingAnswer& answer = probe.answer();
  const bool translated = mapped_ != probes_.local(0);
  switch (test_) {
    case Test::one:
      if (silent) {
        type_ = ClassicNatType::blocked;
      } else if (!answer.other_address) {
        type_ = ClassicNatType::cannot_tell;
      } else {
        mapped_ = answer.mapped;
        other_ = *answer.other_address;
        begin(Test::two, now);
      }
      return;
    case Test::two:
      if (!translated) {
        type_ = silent ? ClassicNatType::symmetric_firewall : ClassicNatType::open_internet;
      } else if (!silent) {
        type_ = ClassicNatType::full_cone;
      } else {
        begin(Test::one_again, now);
      }
      return;
    case Test::one_again:
      if (silent) {
        type_ = ClassicNatType::cannot_tell;
      } else if (answer.mapped != mapped_) {
        type_ = ClassicNatType::symmetric;
      } else {
        begin(Test::three, now);
      }
      return;
    case Test::three:
      type_ = silent ? ClassicNatType::port_restricted_cone : ClassicNatType::restricted_cone;
      return;
  }
}

}  // namespace natsim::stun
