// When packets of speech are played, and what is missing then: an adaptive jitter buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/time.h"
#include "stack/rtp/sequence.h"

namespace natsim::media {

struct AudioPlayoutStatistics {
  std::uint64_t played = 0;  // packets that came in time
  std::uint64_t late = 0;    // came when their place had been concealed
  std::uint64_t duplicates = 0;
  std::int64_t concealed = 0;  // packets' places for which nothing had come in time
  std::uint64_t runs = 0;      // of concealed places: the number of gaps
  Duration waited;             // of all that were played, in the buffer
};

// Contract:
// 1. A packet is played a target delay after the earliest instant at which one of its media time
//    could come; how much later than that packets come is what the target is chosen by: so that
//    97 of 100 come in time, those of some 1500 packets ago counting half (as NetEQ of libwebrtc
//    goes about it).
// 2. The target is at least one packet's time and at most `most_delay`. It changes between packets,
//    as a buffer does that stretches speech.
// 3. The earliest instant follows the sender's clock: it goes up by at most 5 ms a second, down at
//    once.
// 4. Packets that are not sent in pauses (DTX) have no place and are not concealed.
// 5. A packet 2^14 or more from the highest begins the stream anew, its clock too: its sender
//    started again. What is known of the jitter stays.
// Nothing here takes time or has a deadline: each packet is judged when it comes.
class AudioPlayout {
 public:
  static constexpr Duration most_delay = seconds(1);

  // `clock_rate` is the timestamp's, per second.
  explicit AudioPlayout(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // When the packet will be played; nullopt if it is late or a duplicate.
  std::optional<Time> receive(std::uint16_t sequence_number, std::uint32_t timestamp, Time now);
  // A later packet, that is still to be given to `receive`, has brought this one's speech: by
  // redundancy (RFC 2198) or in-band FEC (RFC 6716). True if it is played, for nothing else had
  // come.
  bool fill(std::uint16_t sequence_number, std::uint32_t timestamp, Time now);

  [[nodiscard]] Duration target() const { return target_; }
  [[nodiscard]] const AudioPlayoutStatistics& statistics() const { return statistics_; }

 private:
  static constexpr Duration bucket = milliseconds(10);
  static constexpr std::size_t buckets = 101;  // up to most_delay, and beyond
  static constexpr int window = 64;            // places in which a late packet can still be told

  [[nodiscard]] Duration media_time(std::uint32_t timestamp);
  void follow_clock(Duration transit, Time now);
  void learn(Duration lateness);
  void begin_anew();
  [[nodiscard]] bool is_taken(std::int64_t place) const;
  bool take_place(std::int64_t place);
  void play(Duration wait, bool fills_gap);
  void conceal(std::int64_t places);

  std::uint32_t clock_rate_;
  rtp::Unwrapper<std::uint16_t> places_;
  rtp::Unwrapper<std::uint32_t> timestamps_;
  std::optional<std::int64_t> highest_;  // place
  std::uint64_t seen_ = 0;               // of the `window` places up to the highest, one bit each
  bool in_gap_ = false;                  // the highest place is concealed
  std::optional<Duration> base_;         // least time from media time to arrival
  Time base_at_;                         // when it was last moved
  std::array<double, buckets> lateness_{};
  double weight_ = 1;  // of the next packet in it
  double total_ = 0;
  Duration target_ = milliseconds(40);
  AudioPlayoutStatistics statistics_;
};

}  // namespace natsim::media
