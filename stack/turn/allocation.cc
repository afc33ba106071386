#include "stack/turn/allocation.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace natsim::turn {

MobilityTicket draw_ticket(Random& random) {
  MobilityTicket ticket;
  random.fill(ticket);
  return ticket;
}

const Relayed* Allocation::relay_of(Family family) const {
  const auto found = std::find_if(relays_.begin(), relays_.end(), [&](const Relayed& relay) {
    return relay.address.address.family() == family;
  });
  return found == relays_.end() ? nullptr : &*found;
}

void Allocation::remove_relay(Family family) {
  std::erase_if(relays_, [&](const Relayed& r) { return r.address.address.family() == family; });
  absl::erase_if(permissions_, [&](const auto& entry) { return entry.first.family() == family; });
  absl::erase_if(channels_,
                 [&](const auto& entry) { return entry.second.peer.address.family() == family; });
  absl::erase_if(number_of_peer_,
                 [&](const auto& entry) { return entry.first.address.family() == family; });
}

Time Allocation::expires() const {
  return std::max(relays_.front().expires, relays_.back().expires);
}

void Allocation::set_expires(Family family, Time expires) {
  for (Relayed& relay : relays_) {
    if (relay.address.address.family() == family) relay.expires = expires;
  }
}

bool Allocation::permits(const IpAddress& peer, Time now) const {
  const auto it = permissions_.find(peer);
  return it != permissions_.end() && now < it->second;
}

bool Allocation::permit(const IpAddress& peer, Time expires, Time now) {
  const bool stood = permits(peer, now);
  permissions_[peer] = expires;
  return stood;
}

bool Allocation::can_bind(std::uint16_t number, const Endpoint& peer, Time now) const {
  const auto by_number = channels_.find(number);
  if (by_number != channels_.end() && by_number->second.peer != peer &&
      now < by_number->second.quarantine_ends) {
    return false;
  }
  const auto by_peer = number_of_peer_.find(peer);
  return by_peer == number_of_peer_.end() || by_peer->second == number ||
         now >= channels_.at(by_peer->second).quarantine_ends;
}

bool Allocation::bind(std::uint16_t number, const Endpoint& peer, Time expires,
                      Time quarantine_ends, Time now) {
  const bool stood = peer_of(number, now) == peer;
  // What is still in the tables under this number or peer is past its quarantine.
  if (const auto old = channels_.find(number); old != channels_.end()) {
    number_of_peer_.erase(old->second.peer);
  }
  if (const auto old = number_of_peer_.find(peer); old != number_of_peer_.end()) {
    channels_.erase(old->second);
  }
  channels_[number] = {peer, expires, quarantine_ends};
  number_of_peer_[peer] = number;
  return stood;
}

std::optional<Endpoint> Allocation::peer_of(std::uint16_t number, Time now) const {
  const auto it = channels_.find(number);
  if (it == channels_.end() || now >= it->second.expires) return std::nullopt;
  return it->second.peer;
}

std::optional<std::uint16_t> Allocation::channel_of(const Endpoint& peer, Time now) const {
  const auto it = number_of_peer_.find(peer);
  if (it == number_of_peer_.end() || now >= channels_.at(it->second).expires) return std::nullopt;
  return it->second;
}

void Allocation::lapse(Time now, std::deque<ServerEvent>& events) {
  for (auto it = permissions_.begin(); it != permissions_.end();) {
    if (now < it->second) {
      ++it;
      continue;
    }
    const Endpoint& relay = relay_of(it->first.family())->address;
    events.emplace_back(PermissionExpired{tuple_, relay, it->first});
    it = permissions_.erase(it);
  }
  for (auto it = channels_.begin(); it != channels_.end();) {
    auto& [number, channel] = *it;
    if (now >= channel.expires && !channel.lapsed) {
      channel.lapsed = true;
      const Endpoint& relay = relay_of(channel.peer.address.family())->address;
      events.emplace_back(
          ChannelExpired{tuple_, relay, channel.peer, number, channel.quarantine_ends});
    }
    if (now < channel.quarantine_ends) {
      ++it;
      continue;
    }
    number_of_peer_.erase(channel.peer);
    it = channels_.erase(it);
  }
}

Time Allocation::next_deadline() const {
  Time next = std::min(relays_.front().expires, relays_.back().expires);
  for (const auto& [peer, expires] : permissions_) next = std::min(next, expires);
  for (const auto& [number, channel] : channels_) {
    next = std::min(next, channel.lapsed ? channel.quarantine_ends : channel.expires);
  }
  return next;
}

std::string describe(const Allocation& allocation, Time now) {
  std::string out;
  const auto line = std::back_inserter(out);
  for (const Relayed& relay : allocation.relays()) {
    fmt::format_to(line, "{} for {} ({}), {} left\n", to_string(relay.address),
                   to_string(allocation.tuple().client), allocation.username(),
                   to_string(relay.expires - now));
  }
  for (const auto& [peer, expires] : allocation.permissions()) {
    if (now < expires) {
      fmt::format_to(line, "  permission {}, {} left\n", to_string(peer), to_string(expires - now));
    }
  }
  for (const auto& [number, channel] : allocation.channels()) {
    if (now < channel.expires) {
      fmt::format_to(line, "  channel {:#06x} {}, {} left\n", number, to_string(channel.peer),
                     to_string(channel.expires - now));
    } else if (now < channel.quarantine_ends) {
      fmt::format_to(line, "  channel {:#06x} {}, in quarantine for {}\n", number,
                     to_string(channel.peer), to_string(channel.quarantine_ends - now));
    }
  }
  return out;
}

}  // namespace natsim::turn
