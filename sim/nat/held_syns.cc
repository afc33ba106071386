#include "sim/nat/held_syns.h"

namespace natsim::nat {

using core::DropReason;

DropReason HeldSyns::hold(net::PacketPtr& packet, DropReason reason, Time now) {
  const Connection connection{packet->destination, packet->source};
  if (held_.contains(connection)) return DropReason::nat_syn_repeated;
  if (held_.size() >= capacity) return reason;
  held_.emplace(connection, Entry{{std::move(packet), reason}, ++count_});
  queue_.push_back({now + patience, connection, count_});
  return DropReason::none;
}

HeldSyns::Held HeldSyns::withdraw(const Endpoint& external, const Endpoint& remote) {
  const auto found = held_.find(Connection{external, remote});
  if (found == held_.end()) return {};
  Held held = std::move(found->second.held);
  held_.erase(found);
  skip_withdrawn();
  return held;
}

HeldSyns::Held HeldSyns::take_due(Time now) {
  if (queue_.empty() || now < queue_.front().deadline) return {};
  const auto found = held_.find(queue_.front().connection);
  Held held = std::move(found->second.held);
  held_.erase(found);
  skip_withdrawn();
  return held;
}

void HeldSyns::skip_withdrawn() {
  while (!queue_.empty()) {
    const auto found = held_.find(queue_.front().connection);
    if (found != held_.end() && found->second.number == queue_.front().number) return;
    queue_.pop_front();
  }
}

}  // namespace natsim::nat
