#include "stack/congestion/loss_controller.h"

#include <algorithm>

namespace natsim::congestion {
namespace {

constexpr double low_loss = 0.02;
constexpr double high_loss = 0.1;
constexpr double increase_factor = 1.08;
constexpr double least_increase = 1000;  // bit/s
constexpr Duration increase_interval = seconds(1);
constexpr Duration decrease_interval = milliseconds(300);
constexpr Duration start_phase = seconds(2);
constexpr Duration loss_interval = seconds(1);
constexpr std::uint64_t least_counted = 20;
constexpr Duration loss_validity = seconds(6);  // 1.2 times the interval of reports, 5 s

}  // namespace

void LossController::count_received(bool late) {
  ++received_;
  // That it was lost may have been said of another interval.
  if (late && lost_ > 0) --lost_;
}

void LossController::close(Time now) {
  if (!begun_) begun_ = now;
  const std::uint64_t counted = received_ + lost_;
  if (counted < least_counted || now - *begun_ < loss_interval) return;
  on_report(static_cast<double>(lost_) / static_cast<double>(counted), now);
  begun_ = now;
  received_ = lost_ = 0;
}

void LossController::on_report(double share, Time now) {
  loss_ = share;
  is_used_ = false;
  known_ = now;
  if (!first_known_) first_known_ = now;
}

double LossController::least(Time now) {
  while (!past_.empty() && now - past_.front().at >= increase_interval) past_.pop_front();
  while (!past_.empty() && past_.back().bitrate >= bitrate_) past_.pop_back();
  past_.push_back({now, bitrate_});
  return past_.front().bitrate;
}

void LossController::update(double limit, Duration round_trip, Time now) {
  const bool is_starting = !first_known_ || now - *first_known_ < start_phase;
  if (is_starting && loss_.value_or(0) == 0) {
    if (limit > bitrate_) past_.clear();
    bitrate_ = within(limits_, limit);
    return;
  }
  bitrate_ = std::min(bitrate_, within(limits_, limit));
  const double floor = least(now);
  if (!known_ || now - *known_ >= loss_validity) return;
  if (*loss_ <= low_loss) {
    const double raised = floor * increase_factor + least_increase;
    bitrate_ = within(limits_, std::min(std::max(bitrate_, raised), limit));
  } else if (*loss_ > high_loss && !is_used_ &&
             (!decreased_ || now - *decreased_ >= decrease_interval + round_trip)) {
    bitrate_ = within(limits_, bitrate_ * (1 - *loss_ / 2));
    decreased_ = now;
    is_used_ = true;
  }
}

void LossController::set(double bitrate) {
  bitrate_ = within(limits_, bitrate);
  past_.clear();
}

}  // namespace natsim::congestion
