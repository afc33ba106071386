#include "sim/agents/nat_probe.h"

#include <fmt/format.h>

namespace natsim::agents {

Result<std::unique_ptr<NatProbe>> NatProbe::start(
    net::Host& host, const stun::BehaviourDiscovery::Options& options) {
  const IpAddress* const address = host.source_for(options.server.address);
  if (address == nullptr) {
    return Error{
        fmt::format("{} has no address that can reach {}", host.name(), to_string(options.server))};
  }
  std::unique_ptr<NatProbe> probe(new NatProbe(host, options, *address));
  probe->pump();
  return probe;
}

NatProbe::NatProbe(net::Host& host, const stun::BehaviourDiscovery::Options& options,
                   const IpAddress& address)
    : Agent(host, "probe"),
      address_(address),
      machine_(options, host.world().random(label()), host.world().now()) {}

void NatProbe::take(const Endpoint& local, const net::Packet& packet) {
  machine_.receive(local, packet.source, packet.payload(), world().now());
}

void NatProbe::drain() {
  while (const auto socket = machine_.poll_socket()) {
    // A host that has no port left leaves the probe without the socket; it then cannot tell.
    if (const auto bound = bind({address_, 0}); bound) {
      machine_.socket_opened(*socket, bound.value(), world().now());
    }
  }
  while (const auto out = machine_.poll_transmit()) transmit(*out);
  const auto* const report = machine_.report();
  if (report == nullptr || told_) return;
  told_ = true;
  const std::string mapping = to_string(report->mapping);
  const std::string filtering = to_string(report->filtering);
  const std::string hairpin = to_string(report->hairpin);
  tell("stun.probe", {{"mapping", std::string_view(mapping)},
                      {"filtering", std::string_view(filtering)},
                      {"hairpin", std::string_view(hairpin)}});
}

}  // namespace natsim::agents
