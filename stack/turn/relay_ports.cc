#include "stack/turn/relay_ports.h"

#include <algorithm>
#include <utility>

namespace natsim::turn {
namespace {

constexpr Duration reservation_lifetime = seconds(30);  // RFC 8656 §7.2

}  // namespace

RelayPorts::RelayPorts(std::vector<IpAddress> addresses, std::uint16_t first_port,
                       std::uint16_t last_port, Duration hold_off, Random random)
    : addresses_(std::move(addresses)),
      first_port_(first_port),
      last_port_(last_port),
      hold_off_(hold_off),
      random_(random) {}

bool RelayPorts::serves(Family family) const {
  return std::any_of(addresses_.begin(), addresses_.end(),
                     [&](const IpAddress& a) { return a.family() == family; });
}

std::optional<Endpoint> RelayPorts::pick(Family family, Parity parity, Time now) {
  const std::uint32_t ports = std::uint32_t{last_port_} - first_port_ + 1;
  const std::uint64_t candidates = ports * addresses_.size();
  if (candidates == 0) return std::nullopt;
  // From a random candidate onwards, so that a full pool is recognised in one round.
  const std::uint64_t start = random_.below(candidates);
  for (std::uint64_t i = 0; i < candidates; ++i) {
    const std::uint64_t candidate = (start + i) % candidates;
    const Endpoint endpoint{addresses_[candidate / ports],
                            static_cast<std::uint16_t>(first_port_ + candidate % ports)};
    if (endpoint.address.family() != family || !is_free(endpoint, now)) continue;
    if (parity != Parity::any && endpoint.port % 2 != 0) continue;
    if (parity == Parity::even_and_next_free) {
      const Endpoint next{endpoint.address, static_cast<std::uint16_t>(endpoint.port + 1)};
      if (endpoint.port == last_port_ || !is_free(next, now)) continue;
    }
    return endpoint;
  }
  return std::nullopt;
}

std::optional<Endpoint> RelayPorts::reserved(const stun::ReservationToken& token, Time now) const {
  const auto it = reservations_.find(token);
  if (it == reservations_.end() || now >= it->second.ends) return std::nullopt;
  return it->second.endpoint;
}

void RelayPorts::take(const Endpoint& endpoint) { busy_until_[endpoint] = Time::never(); }

void RelayPorts::take_reserved(const stun::ReservationToken& token) {
  const auto it = reservations_.find(token);
  take(it->second.endpoint);
  reservations_.erase(it);
}

stun::ReservationToken RelayPorts::reserve_next(const Endpoint& endpoint, Time now) {
  absl::erase_if(reservations_, [&](const auto& entry) { return now >= entry.second.ends; });
  const Endpoint next{endpoint.address, static_cast<std::uint16_t>(endpoint.port + 1)};
  const Time ends = now + reservation_lifetime;
  stun::ReservationToken token;
  random_.fill(token);
  busy_until_[next] = ends;
  reservations_[token] = {next, ends};
  return token;
}

void RelayPorts::release(const Endpoint& endpoint, Time now) {
  busy_until_[endpoint] = now + hold_off_;
}

bool RelayPorts::is_free(const Endpoint& endpoint, Time now) const {
  const auto it = busy_until_.find(endpoint);
  return it == busy_until_.end() || now >= it->second;
}

}  // namespace natsim::turn
