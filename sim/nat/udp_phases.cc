#include "sim/nat/udp_phases.h"

#include <algorithm>

namespace natsim::nat {

UdpPhases::UdpPhases(const NatOptions& options) : stream_after_(options.udp_stream_after) {
  for (const PortTimeout& row : options.udp_port_timeouts) ports_.push_back(row.port);
}

TimerClass UdpPhases::of_port(std::uint16_t port, TimerClass otherwise) const {
  const auto found = std::find(ports_.begin(), ports_.end(), port);
  if (found == ports_.end()) return otherwise;
  return udp_port_timer(static_cast<std::size_t>(found - ports_.begin()));
}

}  // namespace natsim::nat
