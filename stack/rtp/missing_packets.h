// Which packets of a stream a receiver asks for again (RFC 4585 §6.2.1), and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "stack/base/time.h"
#include "stack/rtp/sequence.h"

namespace natsim::rtp {

// The defaults are libwebrtc's.
struct NackOptions {
  Duration round_trip = milliseconds(100);  // until one is measured
  Duration patience;                        // before the first question: repairs may come
  int tries = 10;                           // for each packet, then it is given up
  std::size_t most_missing = 1000;          // more cannot be repaired: all are given up
};

// Contract:
// 1. A number that is passed over is missing at once, and to be asked for after the patience that
//    the options have; after that once a round trip, until it comes, is given up, or
//    `forget_before` says that nobody needs it.
// 2. Machines drain `poll` after each call; the time of the next question is `next_timeout`.
class MissingPackets {
 public:
  explicit MissingPackets(const NackOptions& options) : options_(options) {}

  // A packet of the stream has come, by itself or as a retransmission.
  void receive(std::uint16_t sequence_number, Time now);
  // The time that an answer takes, positive.
  void measure(Duration round_trip) { round_trip_ = round_trip; }
  // A key frame begins with that packet: what was before it is not needed any more.
  void forget_before(std::uint16_t sequence_number);

  // The numbers that are to be asked for by now, in their order.
  std::vector<std::uint16_t> poll(Time now);
  [[nodiscard]] Time next_timeout() const;
  // True once after all were given up because they were too many: only a key frame helps.
  bool poll_overflow();

  [[nodiscard]] std::size_t missing() const { return missing_.size(); }

 private:
  struct Missing {
    Time ask_at;
    int tries = 0;  // so far
  };

  NackOptions options_;
  Duration round_trip_ = options_.round_trip;
  Unwrapper<std::uint16_t> numbers_;
  std::map<std::int64_t, Missing> missing_;  // by extended number
  bool overflowed_ = false;
};

}  // namespace natsim::rtp
