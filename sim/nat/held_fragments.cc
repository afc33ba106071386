#include "sim/nat/held_fragments.h"

#include <iterator>
#include <utility>

namespace natsim::nat {

net::PacketPtr HeldFragments::hold(const DatagramKey& datagram, net::PacketPtr fragment, Time now) {
  waiting_.push_back({datagram, std::move(fragment), now + patience_});
  by_datagram_[datagram].push_back(std::prev(waiting_.end()));
  return waiting_.size() > capacity_ ? take_first() : nullptr;
}

std::vector<net::PacketPtr> HeldFragments::take(const DatagramKey& datagram) {
  std::vector<net::PacketPtr> taken;
  const auto found = by_datagram_.find(datagram);
  if (found == by_datagram_.end()) return taken;
  for (const List::iterator place : found->second) {
    taken.push_back(std::move(place->fragment));
    waiting_.erase(place);
  }
  by_datagram_.erase(found);
  return taken;
}

net::PacketPtr HeldFragments::take_due(Time now) {
  return !waiting_.empty() && next_deadline() <= now ? take_first() : nullptr;
}

// The first of all is the first of its datagram.
net::PacketPtr HeldFragments::take_first() {
  const auto found = by_datagram_.find(waiting_.front().datagram);
  found->second.erase(found->second.begin());
  if (found->second.empty()) by_datagram_.erase(found);
  net::PacketPtr fragment = std::move(waiting_.front().fragment);
  waiting_.pop_front();
  return fragment;
}

}  // namespace natsim::nat
