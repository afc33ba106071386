// Google congestion control of a sender, from feedback on its whole transport
// (draft-ietf-rmcat-gcc-02, with the figures and the parts that libwebrtc has added to it).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/time.h"
#include "stack/congestion/application_limit.h"
#include "stack/congestion/delay_controller.h"
#include "stack/congestion/loss_controller.h"
#include "stack/congestion/measure.h"
#include "stack/congestion/probe_controller.h"
#include "stack/congestion/probe_estimate.h"
#include "stack/congestion/sent_packets.h"
#include "stack/congestion/throughput.h"
#include "stack/rtp/transport_feedback.h"

namespace natsim::congestion {

// Contract:
// 1. It is made when packets can be sent. The host tells of every packet with a transport-wide
//    sequence number when it is sent, and of what comes back. After each call it asks
//    `next_probe()` until there is none, and for the rates, which may have changed.
//    `next_timeout()` is as in stack/base/machine.h.
// 2. The target is the least of what the delays allow, what the losses allow and the receiver's own
//    limit (REMB), within the limits.
// 3. Losses are those that transport feedback tells of; a receiver report's counts where there has
//    been none of that for 6 s, as from a receiver that does not give it.
// 4. If nothing comes back for a second and a round trip after a packet was sent (15 s if there has
//    never been transport feedback, as reports may be 5 s apart), the target halves, and again each
//    such time. When feedback comes again, a probe tries 0.85 of what it was before.
//
// Left out of what libwebrtc has: the second loss-based estimator, with its model of inherent loss;
// the window of data in flight that pushes back on the encoder; the robust throughput estimator;
// estimates of the network's state from outside; probes when allocations or limits change and on a
// change of route; trends of audio packets apart from others; ECN and L4S; all field trials.
// What is different: losses are counted from transport feedback, over a second, where libwebrtc
// takes them from receiver reports; the loss-based rate changes when something comes back, not each
// 25 ms; the multiplicative increase is at least 10 kbit/s a second, not 1 kbit/s an update; the
// time that a lost feedback would have told of does not count in the throughput; packets are
// remembered for 10 s, not 60 s; number 4 is natsim's own.
class Controller {
 public:
  Controller(const Limits& limits, Time now);

  // `bytes` on the wire. `probe` is the id of the cluster that it was sent for, 0 if none.
  void on_packet_sent(std::uint16_t transport_sequence, std::uint32_t bytes, Time now,
                      std::uint32_t probe = 0);
  void on_feedback(const rtp::TransportFeedback& feedback, Time now);
  // A receiver report's fraction lost, in 1/256, and the round trip if it told one.
  void on_report_loss(std::uint8_t fraction, std::optional<Duration> round_trip, Time now);
  // In bits per second; 0: the receiver sets no limit any more.
  void on_remb(std::uint64_t bitrate, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Probe> next_probe();

  // In bits per second, with what the sizes of packets count.
  [[nodiscard]] std::uint64_t target_bitrate() const { return target_; }
  // 2.5 times that: a large frame need not wait long.
  [[nodiscard]] std::uint64_t pacing_rate() const { return target_ * 5 / 2; }

  // For statistics.
  [[nodiscard]] std::optional<double> acknowledged_bitrate() const { return throughput_.bitrate(); }
  [[nodiscard]] double delay_based_bitrate() const { return delay_.bitrate(); }
  [[nodiscard]] double loss_based_bitrate() const { return loss_.bitrate(); }
  [[nodiscard]] std::optional<double> loss() const { return loss_.loss(); }
  [[nodiscard]] std::optional<Duration> round_trip() const { return round_trip_; }
  [[nodiscard]] PathUse path_use() const { return delay_.use(); }
  [[nodiscard]] bool is_application_limited() const { return limit_.since().has_value(); }

 private:
  void hear(Time now);
  void measure(Duration round_trip);
  // The round trip that a feedback's packets show: without the time for which the receiver waited.
  void measure(const std::vector<PacketResult>& received, Time now);
  void combine(Time now);
  [[nodiscard]] Duration patience() const;
  [[nodiscard]] double upper_limit() const;

  Limits limits_;
  SentPackets sent_;
  Throughput throughput_;
  ApplicationLimit limit_;
  DelayController delay_;
  LossController loss_;
  ProbeController probes_;
  ProbeEstimate probe_estimate_;
  std::uint64_t target_;
  std::uint64_t receiver_limit_ = 0;    // 0: none
  std::optional<Duration> round_trip_;  // smoothed
  std::optional<Time> last_feedback_;
  Time silent_at_ = Time::never();               // when the silence has been too long
  std::optional<std::uint64_t> before_silence_;  // the target, since it was
};

}  // namespace natsim::congestion
