// What the arrivals of a probe's packets say about the path.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "stack/base/time.h"
#include "stack/congestion/probe_controller.h"
#include "stack/congestion/sent_packets.h"

namespace natsim::congestion {

// Rates in bits per second. Of a cluster 80 % of the packets and bytes have to arrive. Its rate is
// the lesser of those by which it was sent and by which it came; if it came by less than 0.9 of the
// former, the path was full, and 0.95 of what came is taken. The figures are libwebrtc's.
class ProbeEstimate {
 public:
  // A cluster that is being sent.
  void expect(const Probe& probe) { clusters_[probe.id].probe = probe; }
  // A packet of a cluster that was received. The rate of the cluster, if enough of it has come.
  std::optional<double> add(const PacketResult& packet);

 private:
  struct Cluster {
    Probe probe;
    std::uint32_t packets = 0;
    std::uint64_t bytes = 0;
    Time first_sent;
    Time last_sent;
    std::uint32_t last_sent_size = 0;
    Duration first_arrival;
    Duration last_arrival;
    std::uint32_t first_arrival_size = 0;
  };

  static void count(Cluster& cluster, const PacketResult& packet);

  std::map<std::uint32_t, Cluster> clusters_;  // by id
};

}  // namespace natsim::congestion
