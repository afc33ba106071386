#include "sim/script/stun_query.h"

namespace natsim::script {

Result<std::unique_ptr<StunQuery>> StunQuery::start(net::Host& host, const Endpoint& local,
                                                    const Endpoint& server,
                                                    const stun::BindingClient::Options& options) {
  std::unique_ptr<StunQuery> query(new StunQuery(host));
  const auto bound = query->bind(local);
  if (!bound) return Error{bound.error()};
  query->local_ = bound.value();
  query->started_at_ = query->world().now();
  query->machine_.emplace(query->local_, server, options,
                          query->world().random(query->name() + "/" + to_string(query->local_)),
                          query->started_at_);
  query->pump();
  return query;
}

void StunQuery::take(const Endpoint& local, const net::Packet& packet) {
  machine_->receive(local, packet.source, packet.payload(), world().now());
}

void StunQuery::drain() {
  // The first request is due at once.
  if (machine_->next_timeout() <= world().now()) machine_->handle_timeout(world().now());
  while (const auto datagram = machine_->poll_transmit()) transmit(*datagram);
  while (auto result = machine_->poll_event()) {
    result_ = *result;
    if (const auto* const mapped = std::get_if<stun::MappedAddress>(&*result_)) {
      tell("stun.mapped", {{"mapped", mapped->mapped}, {"server", mapped->server}});
    } else {
      const std::string reason = to_string(std::get<stun::BindingFailure>(*result_).reason);
      tell("stun.failed", {{"reason", std::string_view(reason)}});
    }
  }
}

}  // namespace natsim::script
