#include "sim/net/new_reno.h"

#include <algorithm>

namespace natsim::net {

void NewReno::start(std::int64_t mss, std::int64_t initial_window) {
  mss_ = mss;
  cwnd_ = initial_window_ = initial_window;
}

bool NewReno::acknowledged(std::int64_t acked, std::int64_t una, std::int64_t flight,
                           std::int64_t flight_now) {
  duplicates_ = 0;
  if (recovering_) {
    if (una >= recover_) {  // a full acknowledgement
      cwnd_ = std::min(ssthresh_, std::max(flight_now, mss_) + mss_);
      recovering_ = false;
      return false;
    }
    ++partial_;
    cwnd_ = std::max(cwnd_ - acked, mss_);
    if (acked >= mss_) cwnd_ += mss_;
    return true;
  }
  // A window that is not made use of is no measure of the path (RFC 7661).
  if (flight * 2 < cwnd_) return false;
  if (cwnd_ < ssthresh_) {
    cwnd_ += std::min(acked, mss_);
  } else if (credit_ += acked; credit_ >= cwnd_) {
    credit_ -= cwnd_;
    cwnd_ += mss_;
  }
  return false;
}

bool NewReno::duplicate(std::int64_t una, std::int64_t high) {
  // What limited transmit sends is not counted (RFC 5681 §3.2 step 2).
  if (++duplicates_ == 1) flight_at_first_duplicate_ = high - una;
  if (recovering_) {
    cwnd_ += mss_;  // a segment has left the network
    return false;
  }
  // Duplicates of what is sent again after an earlier loss are no sign of another (RFC 6582 §3.2
  // step 2).
  if (duplicates_ != 3 || una <= recover_) return false;
  ssthresh_ = std::max(flight_at_first_duplicate_ / 2, 2 * mss_);
  cwnd_ = ssthresh_ + 3 * mss_;
  recover_ = high;
  recovering_ = true;
  partial_ = 0;
  credit_ = 0;
  return true;
}

void NewReno::timed_out(std::int64_t flight, std::int64_t high, bool again) {
  if (!again) ssthresh_ = std::max(flight / 2, 2 * mss_);
  cwnd_ = mss_;
  recover_ = high;
  recovering_ = false;
  duplicates_ = 0;
  credit_ = 0;
}

void NewReno::restart_after_idle() { cwnd_ = std::min(cwnd_, initial_window_); }

std::int64_t NewReno::allowance() const {
  return recovering_ ? cwnd_ : cwnd_ + std::min(duplicates_, 2) * mss_;
}

}  // namespace natsim::net
