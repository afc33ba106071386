// What a port-mapping server needs of the NAT that it works for.
#pragma once

#include <cstdint>
#include <variant>

#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::portmap {

// IANA's protocol numbers of what can be mapped.
enum class MapProtocol : std::uint8_t { tcp = 6, udp = 17 };

struct MapWish {
  MapProtocol protocol = MapProtocol::udp;
  Endpoint internal;
  std::uint16_t external_port = 0;  // 0: any
  bool exact = false;               // rather none than one on another port
  Time until;
};

// A mapping that serves a remote end, and how long it lasts at least.
struct KeptMapping {
  Endpoint external;
  Time until;
};

enum class MapRefusal : std::uint8_t {
  port_taken,    // and it had to be that one
  no_resources,  // no free port, or the table is full
  quota,         // the host has as many mappings as it may
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  // The NAT's own; "any" if it has none of the family.
  [[nodiscard]] virtual IpAddress external_address(Family family) const = 0;
  // Makes the mapping until then, or gives the one that the internal endpoint has a new end.
  virtual std::variant<Endpoint, MapRefusal> map(const MapWish& wish) = 0;
  // Keeps the mapping by which UDP from `internal` to `peer` leaves, made if there is none, at
  // least until then; never less long than it was to be kept before.
  virtual std::variant<KeptMapping, MapRefusal> keep(const Endpoint& internal, const Endpoint& peer,
                                                     Time until) = 0;
  virtual void unmap(MapProtocol protocol, const Endpoint& internal) = 0;
};

}  // namespace natsim::portmap
