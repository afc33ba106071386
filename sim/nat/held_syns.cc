#include "sim/nat/held_syns.h"

#include "sim/net/tcp_segment.h"

namespace natsim::nat {

HeldSyns::Outcome HeldSyns::hold(net::PacketPtr& packet, core::DropReason reason, Time now) {
  const Connection connection{packet->destination, packet->source};
  if (held_.contains(connection)) return Outcome::repeated;
  if (held_.size() >= capacity) return Outcome::no_room;
  held_.emplace(connection, Entry{{std::move(packet), reason}, ++count_});
  queue_.push_back({now + patience, connection, count_});
  return Outcome::held;
}

HeldSyns::Held HeldSyns::withdraw(const net::Packet& outbound) {
  if (outbound.protocol != net::Protocol::tcp || outbound.fragment_offset != 0) return {};
  const auto segment = net::parse_tcp(outbound.transport());
  if (!segment || !segment->has(net::tcp_flag::syn)) return {};
  const auto found = held_.find(Connection{outbound.source, outbound.destination});
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
