#include "stack/congestion/probe_estimate.h"

#include <algorithm>

#include "stack/congestion/measure.h"

namespace natsim::congestion {
namespace {

constexpr std::uint64_t wanted_percent = 80;
constexpr Duration longest_interval = seconds(1);
constexpr double most_gathered = 2;      // arrivals may be by that much faster than the sending
constexpr double full_path_share = 0.9;  // of the sending rate
constexpr double full_path_use = 0.95;
constexpr std::size_t most_clusters = 16;  // that are remembered

}  // namespace

void ProbeEstimate::count(Cluster& cluster, const PacketResult& packet) {
  const bool is_first = cluster.packets++ == 0;
  cluster.bytes += packet.size;
  if (is_first || packet.sent < cluster.first_sent) cluster.first_sent = packet.sent;
  if (is_first || packet.sent >= cluster.last_sent) {
    cluster.last_sent = packet.sent;
    cluster.last_sent_size = packet.size;
  }
  if (is_first || *packet.arrival < cluster.first_arrival) {
    cluster.first_arrival = *packet.arrival;
    cluster.first_arrival_size = packet.size;
  }
  if (is_first || *packet.arrival > cluster.last_arrival) cluster.last_arrival = *packet.arrival;
}

std::optional<double> ProbeEstimate::add(const PacketResult& packet) {
  while (clusters_.size() > most_clusters) clusters_.erase(clusters_.begin());
  const auto found = clusters_.find(packet.probe);
  if (found == clusters_.end() || !packet.arrival) return std::nullopt;
  Cluster& cluster = found->second;
  count(cluster, packet);
  if (std::uint64_t{cluster.packets} * 100 < cluster.probe.packets * wanted_percent ||
      cluster.bytes * 100 < cluster.probe.bytes * wanted_percent) {
    return std::nullopt;
  }
  const Duration sending = cluster.last_sent - cluster.first_sent;
  const Duration arriving = cluster.last_arrival - cluster.first_arrival;
  if (sending.ns <= 0 || sending > longest_interval || arriving.ns <= 0 ||
      arriving > longest_interval) {
    return std::nullopt;
  }
  // The last packet's bytes were sent after the interval, the first one's came before it.
  const double sent = rate_of(cluster.bytes - cluster.last_sent_size, sending);
  const double arrived = rate_of(cluster.bytes - cluster.first_arrival_size, arriving);
  if (arrived > most_gathered * sent) return std::nullopt;
  if (arrived < full_path_share * sent) return full_path_use * arrived;
  return std::min(sent, arrived);
}

}  // namespace natsim::congestion
