// What a receiver knows of one source, for its reports (RFC 3550 §6.4.1, appendix A).
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/time.h"
#include "stack/rtp/report.h"

namespace natsim::rtp {

// Contract:
// 1. A source counts as soon as two packets in a row have come in order; then the first of them
//    does not count (A.1). A jump of the sequence numbers by 3000 and more, or back by more than
//    100, is not believed until a second packet follows upon it; then all begins anew.
// 2. Lost is what was expected less what came, duplicates included: it may be negative.
// 3. The jitter is that of A.8, in units of the timestamp.
class Reception {
 public:
  // `clock_rate` is the payload's, per second, not 0.
  Reception(std::uint32_t ssrc, std::uint32_t clock_rate) : ssrc_(ssrc), clock_rate_(clock_rate) {}

  // A packet has come. False while the source, or the packet's place, is not believed.
  bool receive(std::uint16_t sequence_number, std::uint32_t timestamp, Time now);
  // A sender report of the source has come.
  void receive_report(const SenderReport& report, Time now);

  // The block for the next report; ends the interval that its fraction of losses is of.
  ReportBlock report(Time now);

  [[nodiscard]] bool believed() const { return probation_ == 0; }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::int64_t lost() const;
  [[nodiscard]] Duration jitter() const;

 private:
  void begin(std::uint16_t sequence_number);
  bool place(std::uint16_t sequence_number);
  void measure_jitter(std::uint32_t timestamp, Time now);
  [[nodiscard]] std::uint32_t highest() const { return cycles_ + highest_; }
  [[nodiscard]] std::int64_t expected() const;

  std::uint32_t ssrc_;
  std::uint32_t clock_rate_;
  int probation_ = 2;                  // packets that are still to come in order
  std::optional<std::uint16_t> last_;  // while on probation
  std::uint16_t base_ = 0;
  std::uint16_t highest_ = 0;
  std::uint32_t cycles_ = 0;              // of the sequence numbers, times 65536
  std::optional<std::uint16_t> suspect_;  // the number that would prove a jump
  std::uint64_t received_ = 0;
  std::int64_t expected_before_ = 0;  // at the last report
  std::uint64_t received_before_ = 0;
  std::optional<std::uint32_t> transit_;  // of the last packet, in units of the timestamp
  std::uint64_t jitter_16_ = 0;           // 16 times the jitter
  std::uint32_t last_sr_ = 0;
  Time last_sr_at_;
};

// The time to a source's receiver and back, from the block about the source, received at `now`.
// nullopt if the receiver had no sender report yet; never negative, whatever the block says.
std::optional<Duration> round_trip(const ReportBlock& block, Time now);

}  // namespace natsim::rtp
