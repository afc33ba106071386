#include "stack/peer/pacer.h"

#include <algorithm>
#include <utility>

namespace natsim::peer {

void Pacer::push(OutgoingRtp packet) {
  begun_ = true;
  queue_.push_back(std::move(packet));
}

Time Pacer::next_timeout() const {
  const bool waits = !queue_.empty() || (begun_ && !probes_.empty());
  return waits ? free_ : Time::never();
}

std::optional<Pacer::Release> Pacer::poll(Time now) {
  if (next_timeout() > now) return std::nullopt;
  Release release{.packet = std::nullopt, .probe = probes_.empty() ? 0 : probes_.front().id};
  if (!queue_.empty()) {
    release.packet = std::move(queue_.front());
    queue_.pop_front();
  }
  return release;
}

void Pacer::sent(std::size_t bytes, Time now) {
  std::uint64_t rate = rate_;
  if (!probes_.empty()) {
    congestion::Probe& probe = probes_.front();
    rate = probe.bitrate;
    probe.packets -= std::min<std::uint32_t>(probe.packets, 1);
    probe.bytes -= std::min<std::uint64_t>(probe.bytes, bytes);
    if (probe.packets == 0 && probe.bytes == 0) probes_.pop_front();
  }
  const auto bits = static_cast<std::int64_t>(bytes * 8);
  free_ = std::max(free_, now) +
          nanoseconds(bits * 1'000'000'000 /
                      static_cast<std::int64_t>(std::max<std::uint64_t>(rate, 1)));
}

void Pacer::end_probe() {
  if (!probes_.empty()) probes_.pop_front();
}

}  // namespace natsim::peer
