// The least NAT that the discovery tests need: nine kinds of it, in front of one host.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::stun {

enum class Dependence { none, address, address_and_port };

struct NatModel {
  Dependence mapping = Dependence::none;
  Dependence filtering = Dependence::none;
  bool hairpin = false;
  // A mapping is gone when nothing was sent out by it for this long.
  Duration idle_timeout = seconds(1000);
  // A new mapping takes the highest port of those just gone.
  bool reuse_ports = false;
  IpAddress external = IpAddress::v4(203, 0, 113, 1);

  struct Mapping {
    Endpoint internal;
    std::uint16_t port = 0;
    Time last_sent;
    std::set<Endpoint> sent_to;
  };
  // What two destinations must share to be the same to the NAT.
  static Endpoint seen(Dependence dependence, const Endpoint& remote) {
    switch (dependence) {
      case Dependence::none:
        return {};
      case Dependence::address:
        return {remote.address, 0};
      default:
        return remote;
    }
  }

  // The source that a packet leaves with.
  Endpoint outbound(const Endpoint& source, const Endpoint& destination, Time now) {
    if (reuse_ports) forget_expired(now);
    Mapping& m = mappings[{source, seen(mapping, destination)}];
    if (m.port == 0 || now - m.last_sent >= idle_timeout) m = {source, next_port++, now, {}};
    m.last_sent = now;
    m.sent_to.insert(seen(filtering, destination));
    return {external, m.port};
  }

  // The host's socket that a packet from outside gets to.
  std::optional<Endpoint> inbound(const Endpoint& source, const Endpoint& destination,
                                  Time now) const {
    for (const auto& [key, m] : mappings) {
      if (m.port != destination.port || now - m.last_sent >= idle_timeout) continue;
      if (m.sent_to.contains(seen(filtering, source))) return m.internal;
    }
    return std::nullopt;
  }

  void forget_expired(Time now) {
    std::uint16_t freed = 0;
    std::erase_if(mappings, [&](const auto& entry) {
      const Mapping& m = entry.second;
      const bool expired = now - m.last_sent >= idle_timeout;
      if (expired) freed = std::max(freed, m.port);
      return expired;
    });
    if (freed != 0) next_port = freed;
    const auto uses_next = [this](const auto& entry) { return entry.second.port == next_port; };
    while (std::ranges::any_of(mappings, uses_next)) ++next_port;
  }

  std::map<std::pair<Endpoint, Endpoint>, Mapping> mappings = {};  // by source and seen destination
  std::uint16_t next_port = 20'000;                                // of the next new mapping
};

}  // namespace natsim::stun
