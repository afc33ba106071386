#include "stack/congestion/sent_packets.h"

#include <algorithm>

#include "stack/rtp/signed_24.h"

namespace natsim::congestion {
namespace {

constexpr Duration packet_memory = seconds(10);
constexpr Duration reference_unit = milliseconds(64);
constexpr Duration arrival_unit = microseconds(250);

}  // namespace

void SentPackets::add(std::uint16_t number, std::uint32_t size, std::uint32_t probe, Time now) {
  while (!packets_.empty() && now - packets_.front().sent > packet_memory) packets_.pop_front();
  const std::optional<std::int64_t> highest = numbers_.highest();
  const std::int64_t extended = numbers_.unwrap(number);
  if (highest && extended <= *highest) return;
  packets_.push_back({.number = extended, .sent = now, .size = size, .probe = probe});
}

SentPackets::Packet* SentPackets::find(std::int64_t number) {
  const auto found =
      std::lower_bound(packets_.begin(), packets_.end(), number,
                       [](const Packet& packet, std::int64_t n) { return packet.number < n; });
  return found != packets_.end() && found->number == number ? &*found : nullptr;
}

std::vector<PacketResult> SentPackets::apply(const rtp::TransportFeedback& feedback) {
  std::vector<PacketResult> results;
  const std::optional<std::int64_t> highest = numbers_.highest();
  if (!highest) return results;
  if (reference_) {
    const auto ahead = static_cast<std::uint32_t>(feedback.reference_time) -
                       static_cast<std::uint32_t>(*reference_);
    *reference_ += rtp::signed_24(ahead);
  } else {
    reference_ = feedback.reference_time;
  }
  Duration arrival = reference_unit * *reference_;
  std::int64_t number =
      *highest + rtp::distance(static_cast<std::uint16_t>(*highest), feedback.base_sequence);
  for (const rtp::TransportFeedback::Arrival& delta : feedback.arrivals) {
    if (delta) arrival += arrival_unit * *delta;
    Packet* const packet = find(number++);
    if (packet == nullptr || packet->fate == Fate::received) continue;
    if (!delta && packet->fate == Fate::lost) continue;
    const Packet* const before = packet == &packets_.front() ? nullptr : find(packet->number - 1);
    results.push_back({.sent = packet->sent,
                       .size = packet->size,
                       .probe = packet->probe,
                       .arrival = delta ? std::optional(arrival) : std::nullopt,
                       .was_lost = packet->fate == Fate::lost,
                       .after_gap = before != nullptr && before->fate == Fate::unknown});
    packet->fate = delta ? Fate::received : Fate::lost;
  }
  while (!packets_.empty() && packets_.front().fate == Fate::received) packets_.pop_front();
  return results;
}

}  // namespace natsim::congestion
