// How much may be in flight: slow start, congestion avoidance, fast retransmit and fast recovery
// (RFC 5681) as modified by NewReno (RFC 6582), with limited transmit (RFC 3042).
#pragma once

#include <cstdint>

namespace natsim::net {

// Counts bytes and positions of a SequenceSpace; knows nothing of time.
class NewReno {
 public:
  // `initial_window` is in bytes.
  void start(std::int64_t mss, std::int64_t initial_window);
  void set_mss(std::int64_t mss) { mss_ = mss; }

  // `acked` new bytes were acknowledged, up to `una`; `flight` were out before, and `flight_now`
  // are. True if the first unacknowledged segment is to be sent again at once: a partial
  // acknowledgement (RFC 6582 §3.2 step 3).
  bool acknowledged(std::int64_t acked, std::int64_t una, std::int64_t flight,
                    std::int64_t flight_now);
  // A duplicate acknowledgement of `una` came while `high` was the end of what has been sent. True
  // if the first unacknowledged segment is to be sent again: fast retransmit.
  bool duplicate(std::int64_t una, std::int64_t high);
  // The retransmission timer ran out; `again` if it had for the same segment before.
  void timed_out(std::int64_t flight, std::int64_t high, bool again);
  // Nothing was sent for a retransmission timeout (RFC 5681 §4.1).
  void restart_after_idle();

  // What may be in flight, limited transmit included.
  [[nodiscard]] std::int64_t allowance() const;
  [[nodiscard]] std::int64_t window() const { return cwnd_; }
  [[nodiscard]] std::int64_t threshold() const { return ssthresh_; }
  [[nodiscard]] bool recovering() const { return recovering_; }
  // True until the second partial acknowledgement of a recovery: the retransmission timer is
  // restarted by the first alone, so that many losses in one window end in a timeout.
  [[nodiscard]] bool first_partial() const { return partial_ <= 1; }

 private:
  std::int64_t mss_ = 0;
  std::int64_t cwnd_ = 0;
  std::int64_t initial_window_ = 0;
  std::int64_t ssthresh_ = INT64_MAX;  // arbitrarily high (RFC 5681 §3.1)
  std::int64_t credit_ = 0;            // acknowledged in congestion avoidance since cwnd_ grew
  std::int64_t recover_ = 0;           // the end of what had been sent when the last recovery began
  std::int64_t flight_at_first_duplicate_ = 0;
  int duplicates_ = 0;  // in a row
  int partial_ = 0;     // partial acknowledgements of this recovery
  bool recovering_ = false;
};

}  // namespace natsim::net
