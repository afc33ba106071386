#include "sim/net/rto_estimator.h"

#include <algorithm>

namespace natsim::net {

void RtoEstimator::sample(Duration round_trip) {
  if (!measured_) {  // (2.2)
    srtt_ = round_trip;
    rttvar_ = round_trip / 2;
    measured_ = true;
  } else {  // (2.3), with alpha = 1/8 and beta = 1/4
    const Duration error = round_trip - srtt_;
    rttvar_ += ((error.ns < 0 ? -error : error) - rttvar_) / 4;
    srtt_ += error / 8;
  }
  rto_ = std::clamp(srtt_ + rttvar_ * 4, min_, max_);  // the clock's granularity is nothing
}

void RtoEstimator::back_off() { rto_ = std::min(rto_ * 2, max_); }

void RtoEstimator::restart_after_lost_syn() {
  if (!measured_) rto_ = std::min(std::max(rto_, seconds(3)), max_);
}

}  // namespace natsim::net
