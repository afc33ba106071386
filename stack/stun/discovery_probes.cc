#include "stack/stun/discovery_probes.h"

#include <utility>

#include "stack/stun/message_builder.h"

namespace natsim::stun {

void DiscoveryProbes::ask(const Query& query, Time now) {
  query_ = query;
  probe_.reset();
  const auto index = static_cast<std::size_t>(query.socket);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  if (sockets_[index]) {
    begin(now);
  } else {
    wanted_.push_back(query.socket);
  }
}

void DiscoveryProbes::begin(Time now) {
  probe_.emplace(BindingProbe::Request{.local = local(query_->socket),
                                       .remote = query_->remote,
                                       .change = query_->change,
                                       .response_port = query_->response_port},
                 query_->timers, random_, now);
}

void DiscoveryProbes::send_indication(int socket, const Endpoint& remote) {
  MessageBuilder indication(MessageClass::indication, Method::binding,
                            TransactionId::draw(random_));
  indications_.push_back({local(socket), remote, indication.take()});
}

const Endpoint& DiscoveryProbes::local(int socket) const {
  return sockets_[static_cast<std::size_t>(socket)].value();
}

bool DiscoveryProbes::is_own_request(const MessageView& message) const {
  return probe_ && message.is_request() && message.transaction_id() == probe_->transaction().id();
}

std::optional<BindingProbe> DiscoveryProbes::concluded() {
  if (!probe_ || probe_->outcome() == BindingProbe::Outcome::waiting) return std::nullopt;
  return std::exchange(probe_, std::nullopt);
}

std::optional<int> DiscoveryProbes::poll_socket() {
  if (wanted_.empty()) return std::nullopt;
  const int socket = wanted_.front();
  wanted_.pop_front();
  return socket;
}

void DiscoveryProbes::socket_opened(int socket, const Endpoint& local, Time now) {
  sockets_[static_cast<std::size_t>(socket)] = local;
  if (query_ && query_->socket == socket) begin(now);
}

void DiscoveryProbes::receive(const Endpoint& local, const Endpoint& remote,
                              const MessageView& message) {
  if (probe_) probe_->receive(local, remote, message);
}

void DiscoveryProbes::handle_timeout(Time now) {
  if (probe_) probe_->handle_timeout(now);
}

Time DiscoveryProbes::next_timeout() const {
  return probe_ ? probe_->next_timeout() : Time::never();
}

std::optional<Transmit> DiscoveryProbes::poll_transmit() {
  if (!indications_.empty()) {
    Transmit next = std::move(indications_.front());
    indications_.pop_front();
    return next;
  }
  return probe_ ? probe_->poll_transmit() : std::nullopt;
}

}  // namespace natsim::stun
