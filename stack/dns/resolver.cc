#include "stack/dns/resolver.h"

#include <algorithm>
#include <utility>

namespace natsim::dns {

Resolver::Resolver(const ResolverOptions& options, const Endpoint& local, Random random, Time now)
    : options_(options),
      local_(local),
      id_(static_cast<std::uint16_t>(random.below(65536))),
      deadline_(now + options.timeout) {}

void Resolver::receive(const Endpoint& remote, ByteView datagram) {
  const Endpoint& asked = options_.server;
  const bool was_asked = asked.address.is_multicast() ? remote.port == asked.port : remote == asked;
  if (outcome_ || !was_asked) return;
  auto message = decode(datagram);
  if (!message || !message->response || message->id != id_ ||
      message->question != options_.question) {
    return;
  }
  if (message->code != ResponseCode::no_error) {
    return finish({.answers = {}, .failure = std::string(name(message->code))});
  }
  const bool v4 = options_.question.type == RecordType::a;
  std::erase_if(message->answers,
                [v4](const Answer& answer) { return answer.address.is_v4() != v4; });
  finish({.answers = std::move(message->answers), .failure = {}});
}

void Resolver::handle_timeout(Time now) {
  if (outcome_ || now < deadline_) return;
  if (tries_ == options_.tries) return finish({.answers = {}, .failure = "timeout"});
  ++tries_;
  due_ = true;
  deadline_ = now + options_.timeout;
}

std::optional<Transmit> Resolver::poll_transmit() {
  if (!due_ || outcome_) return std::nullopt;
  due_ = false;
  Message query;
  query.id = id_;
  query.recursion_desired = !options_.server.address.is_multicast();
  query.question = options_.question;
  return Transmit{local_, options_.server, encode(query)};
}

void Resolver::finish(Outcome outcome) {
  outcome_ = std::move(outcome);
  deadline_ = Time::never();
}

}  // namespace natsim::dns
