// A gateway that grants what it is asked for.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "stack/portmap/gateway.h"

namespace natsim::portmap {

class FakeGateway : public Gateway {
 public:
  [[nodiscard]] IpAddress external_address(Family /*family*/) const override { return address; }
  std::variant<Endpoint, MapRefusal> map(const MapWish& wish) override {
    if (refusal) return *refusal;
    for (const auto& [key, mapping] : mappings) {
      const bool taken = key.first == wish.protocol && key.second != wish.internal &&
                         mapping.first.port == wish.external_port;
      if (taken && wish.exact) return MapRefusal::port_taken;
      if (taken) return map({wish.protocol, wish.internal, 0, false, wish.until});
    }
    auto& mapping = mappings[{wish.protocol, wish.internal}];
    if (mapping.first.port == 0) {
      mapping.first = {address, wish.external_port != 0 ? wish.external_port : next_port++};
    }
    mapping.second = wish.until;
    return mapping.first;
  }
  std::variant<KeptMapping, MapRefusal> keep(const Endpoint& internal, const Endpoint& peer,
                                             Time until) override {
    if (refusal) return *refusal;
    Time& end = kept[{internal, peer}];
    end = std::max(end, until);
    return KeptMapping{{address, internal.port}, end};
  }
  void unmap(MapProtocol protocol, const Endpoint& internal) override {
    mappings.erase({protocol, internal});
  }

  IpAddress address = IpAddress::v4(198, 51, 100, 7);
  std::optional<MapRefusal> refusal;
  std::uint16_t next_port = 40000;
  std::map<std::pair<MapProtocol, Endpoint>, std::pair<Endpoint, Time>> mappings;
  std::map<std::pair<Endpoint, Endpoint>, Time> kept;  // by the internal endpoint and the peer
};

}  // namespace natsim::portmap
