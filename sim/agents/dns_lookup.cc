#include "sim/agents/dns_lookup.h"

#include <fmt/format.h>

namespace natsim::agents {

Result<std::unique_ptr<DnsLookup>> DnsLookup::start(net::Host& host,
                                                    const dns::ResolverOptions& options,
                                                    const std::optional<IpAddress>& local) {
  const IpAddress* const address = local ? &*local : host.source_for(options.server.address);
  if (address == nullptr) {
    return Error{
        fmt::format("{} has no address that can reach {}", host.name(), to_string(options.server))};
  }
  std::unique_ptr<DnsLookup> lookup(new DnsLookup(host, options.question.name));
  const auto bound = lookup->bind({*address, 0});
  if (!bound) return Error{bound.error()};
  // The port, which is random, tells the questions of one host apart.
  lookup->machine_ = std::make_unique<dns::Resolver>(
      options, bound.value(),
      host.world().random(fmt::format("{}/{}", lookup->label(), bound.value().port)),
      host.world().now());
  lookup->pump();
  return lookup;
}

void DnsLookup::take(const Endpoint& /*local*/, const net::Packet& packet) {
  machine_->receive(packet.source, packet.payload());
}

void DnsLookup::drain() {
  while (const auto out = machine_->poll_transmit()) transmit(*out);
  if (!machine_->outcome() || told_) return;
  told_ = true;
  const dns::Resolver::Outcome& outcome = *machine_->outcome();
  tell("dns.resolved", {{"name", std::string_view(name_)},
                        {"addresses", static_cast<std::int64_t>(outcome.answers.size())},
                        {"reason", std::string_view(outcome.failure)}});
  if (on_outcome) on_outcome();
}

}  // namespace natsim::agents
