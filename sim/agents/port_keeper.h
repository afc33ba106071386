// A program that keeps a port mapped at a gateway, whatever the protocol.
#pragma once

#include <cstdint>
#include <string>

#include "stack/portmap/client.h"

namespace natsim::agents {

class PortKeeper {
 public:
  // As portmap::Client and upnp::ControlPoint tell it.
  struct Status {
    portmap::Client::State state;
    Endpoint external;
    Duration lifetime;  // 0: without end
    Time expires;
    std::uint32_t renewals;
    std::uint32_t gateway_restarts;
    std::string failure;
  };

  virtual ~PortKeeper() = default;
  [[nodiscard]] virtual Status status() const = 0;
  virtual void remove() = 0;
};

}  // namespace natsim::agents
