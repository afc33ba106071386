#include "sim/agents/udp_source.h"

namespace natsim::agents {

Result<std::unique_ptr<UdpSource>> UdpSource::start(net::Host& host,
                                                    const UdpSourceOptions& options) {
  std::unique_ptr<UdpSource> source(new UdpSource(host, options));
  const auto bound = source->bind(options.local);
  if (!bound) return Error{bound.error()};
  source->local_ = bound.value();
  source->datagram_.local = bound.value();
  source->pump();
  return source;
}

UdpSource::UdpSource(net::Host& host, const UdpSourceOptions& options)
    : Agent(host, "source"),
      options_(options),
      next_(host.world().now()),
      datagram_{.local = {}, .remote = options.to, .payload = Bytes(options.size, 0)} {}

void UdpSource::stop() {
  next_ = Time::never();
  pump();
}

void UdpSource::handle_timeout(Time now) {
  store_be64(datagram_.payload.data(), counters_.sent);
  store_be64(datagram_.payload.data() + 8, static_cast<std::uint64_t>(now.ns));
  ++counters_.sent;
  transmit(datagram_);
  const bool done = options_.count && counters_.sent >= *options_.count;
  next_ = done ? Time::never() : now + options_.interval;
}

void UdpSource::take(const Endpoint& /*local*/, const net::Packet& packet) {
  ++counters_.received;
  counters_.last_received = world().now();
  const ByteView payload = packet.payload();
  if (payload.size() != options_.size) return;
  const std::uint64_t number = load_be64(payload.data());
  const Time sent{static_cast<std::int64_t>(load_be64(payload.data() + 8))};
  if (number < expected_echo_ || number >= counters_.sent || sent > world().now()) return;
  expected_echo_ = number + 1;
  ++counters_.answered;
  counters_.last_round_trip = world().now() - sent;
}

void UdpSource::take_error(const Endpoint& /*local*/, net::IcmpError /*error*/,
                           const Endpoint& /*remote*/) {
  ++counters_.refused;
}

}  // namespace natsim::agents
