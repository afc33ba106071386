// A NAT as the gateway of port-mapping servers.
#pragma once

#include <variant>

#include "sim/nat/nat_box.h"
#include "stack/portmap/gateway.h"

namespace natsim::agents {

// Makes static mappings in the NAT, which must outlive it.
class NatGateway : public portmap::Gateway {
 public:
  explicit NatGateway(nat::NatBox& box) : box_(box) {}

  [[nodiscard]] IpAddress external_address(Family family) const override;
  std::variant<Endpoint, portmap::MapRefusal> map(const portmap::MapWish& wish) override;
  std::variant<portmap::KeptMapping, portmap::MapRefusal> keep(const Endpoint& internal,
                                                               const Endpoint& peer,
                                                               Time until) override;
  void unmap(portmap::MapProtocol protocol, const Endpoint& internal) override;

 private:
  nat::NatBox& box_;
};

}  // namespace natsim::agents
