#include "stack/congestion/controller.h"

#include <algorithm>
#include <vector>

namespace natsim::congestion {
namespace {

constexpr Duration assumed_round_trip = milliseconds(200);
constexpr Duration feedback_validity = seconds(6);
constexpr Duration feedback_patience = seconds(1);
constexpr Duration report_patience = seconds(15);
constexpr std::int64_t round_trip_weight = 8;  // of what is known to one of a new one

}  // namespace

Controller::Controller(const Limits& limits, Time now)
    : limits_(limits), delay_(limits), loss_(limits), probes_(limits, now), target_(limits.start) {
  limit_.set_target(target_);
}

void Controller::on_packet_sent(std::uint16_t transport_sequence, std::uint32_t bytes, Time now,
                                std::uint32_t probe) {
  sent_.add(transport_sequence, bytes, probe, now);
  const bool was_limited = is_application_limited();
  limit_.on_sent(bytes, now);
  if (was_limited && !is_application_limited()) throughput_.expect_change();
  probes_.set_application_limited_since(limit_.since(), now);
  if (silent_at_.is_never()) silent_at_ = now + patience();
}

Duration Controller::patience() const {
  if (!last_feedback_) return report_patience;
  return feedback_patience + round_trip_.value_or(assumed_round_trip);
}

void Controller::hear(Time now) {
  silent_at_ = Time::never();
  if (!before_silence_) return;
  probes_.try_again(static_cast<double>(*before_silence_), now);
  before_silence_.reset();
}

void Controller::on_feedback(const rtp::TransportFeedback& feedback, Time now) {
  const std::vector<PacketResult> results = sent_.apply(feedback);
  if (results.empty()) return;
  last_feedback_ = now;
  hear(now);
  std::vector<PacketResult> received;
  for (const PacketResult& result : results) {
    if (result.arrival) {
      loss_.count_received(result.was_lost);
      received.push_back(result);
    } else {
      loss_.count_lost();
    }
  }
  loss_.close(now);
  std::stable_sort(received.begin(), received.end(),
                   [](const auto& a, const auto& b) { return *a.arrival < *b.arrival; });
  if (!received.empty()) {
    measure(received, now);
    std::optional<double> probe;
    for (const PacketResult& packet : received) {
      if (packet.after_gap) {
        throughput_.add_after_gap(*packet.arrival);
      } else {
        throughput_.add(*packet.arrival, packet.size);
      }
      if (const auto rate = probe_estimate_.add(packet)) probe = rate;
    }
    const DelayController::Outcome outcome =
        delay_.update(received, throughput_.bitrate(), probe, now);
    if (outcome.took_probe) loss_.set(delay_.bitrate());
    combine(now);
    if (outcome.recovered || (outcome.backed_off && is_application_limited())) {
      probes_.recover(now);
    }
  } else {
    combine(now);
  }
}

void Controller::measure(Duration round_trip) {
  if (round_trip.ns < 0) return;
  round_trip_ = round_trip_
                    ? (*round_trip_ * (round_trip_weight - 1) + round_trip) / round_trip_weight
                    : round_trip;
  delay_.measure(*round_trip_);
}

void Controller::measure(const std::vector<PacketResult>& received, Time now) {
  const Duration last = *received.back().arrival;
  std::optional<Duration> least;
  for (const PacketResult& packet : received) {
    const Duration one = (now - packet.sent) - (last - *packet.arrival);
    if (!packet.was_lost && (!least || one < *least)) least = one;
  }
  if (least) measure(*least);
}

void Controller::on_report_loss(std::uint8_t fraction, std::optional<Duration> round_trip,
                                Time now) {
  hear(now);
  if (round_trip) measure(*round_trip);
  if (!last_feedback_ || now - *last_feedback_ >= feedback_validity) {
    loss_.on_report(static_cast<double>(fraction) / 256, now);
  }
  combine(now);
}

void Controller::on_remb(std::uint64_t bitrate, Time now) {
  hear(now);
  receiver_limit_ = bitrate;
  combine(now);
}

double Controller::upper_limit() const {
  return receiver_limit_ == 0 ? delay_.bitrate()
                              : std::min(delay_.bitrate(), static_cast<double>(receiver_limit_));
}

void Controller::combine(Time now) {
  loss_.update(upper_limit(), round_trip_.value_or(assumed_round_trip), now);
  target_ = static_cast<std::uint64_t>(loss_.bitrate());
  limit_.set_target(target_);
  probes_.set_estimate(loss_.bitrate(), now);
}

void Controller::handle_timeout(Time now) {
  if (silent_at_ <= now) {
    if (!before_silence_) before_silence_ = target_;
    const double halved = loss_.bitrate() / 2;
    delay_.set(halved, now);
    loss_.set(halved);
    combine(now);
    silent_at_ = target_ > limits_.min ? now + patience() : Time::never();
  }
  probes_.handle_timeout(now);
}

Time Controller::next_timeout() const { return std::min(silent_at_, probes_.next_timeout()); }

std::optional<Probe> Controller::next_probe() {
  const std::optional<Probe> probe = probes_.next();
  if (probe) probe_estimate_.expect(*probe);
  return probe;
}

}  // namespace natsim::congestion
