// The retransmission timeout (RFC 6298).
#pragma once

#include "sim/net/tcp_options.h"
#include "stack/base/time.h"

namespace natsim::net {

class RtoEstimator {
 public:
  explicit RtoEstimator(const TcpOptions& options)
      : min_(options.min_rto), max_(options.max_rto), rto_(options.initial_rto) {}

  // A round trip of a segment that was sent once (Karn's algorithm is the caller's). Ends backing
  // off.
  void sample(Duration round_trip);
  // The timer ran out (5.5).
  void back_off();
  // The handshake is over and its timer had run out: without a measurement the timeout is three
  // seconds at least from here on (5.7).
  void restart_after_lost_syn();

  [[nodiscard]] Duration rto() const { return rto_; }
  [[nodiscard]] bool measured() const { return measured_; }
  // 0 before the first sample.
  [[nodiscard]] Duration smoothed() const { return srtt_; }
  [[nodiscard]] Duration variation() const { return rttvar_; }

 private:
  Duration min_;
  Duration max_;
  Duration rto_;
  Duration srtt_;
  Duration rttvar_;
  bool measured_ = false;
};

}  // namespace natsim::net
