#include "sim/net/rate_plan.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "stack/base/wide.h"

namespace natsim::net {
namespace {

// The step in force at an instant and when it ends.
struct Stretch {
  std::uint64_t rate;
  Time end;
};

Stretch stretch_at(const RateSchedule& schedule, Time start, Time now) {
  const Duration since = now - start;
  const bool repeats = schedule.period.ns != 0;
  const Duration round = repeats ? schedule.period * (since / schedule.period) : Duration{};
  const auto next =
      std::upper_bound(schedule.steps.begin(), schedule.steps.end(), since - round,
                       [](Duration instant, const RateStep& step) { return instant < step.at; });
  const Time end = next != schedule.steps.end() ? start + round + next->at
                   : repeats                    ? start + round + schedule.period
                                                : Time::never();
  return {(next - 1)->rate, end};
}

}  // namespace

std::string_view fault_in(const RateSchedule& schedule) {
  const auto& steps = schedule.steps;
  if (steps.empty()) return "a schedule has at least one step";
  if (steps.front().at.ns != 0) return "the first step is at 0s";
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].at <= steps[i - 1].at) return "each step is later than the one before it";
  }
  if (schedule.period.ns != 0 && schedule.period <= steps.back().at) {
    return "the period is longer than the last step's time";
  }
  if (schedule.period.ns == 0 && steps.back().rate == 0) {
    return "the last step has a rate, unless there is a period";
  }
  const bool passes =
      std::any_of(steps.begin(), steps.end(), [](const RateStep& step) { return step.rate != 0; });
  return passes ? std::string_view() : "some step has a rate";
}

void serialise(const RateSchedule& schedule, Time start, std::uint64_t bits, Time& busy_until,
               std::uint64_t& fraction) {
  WideUnsigned wanted = WideUnsigned{bits} * 1'000'000'000 + fraction;  // bits times nanoseconds
  for (;;) {
    const Stretch stretch = stretch_at(schedule, start, busy_until);
    const WideUnsigned room = stretch.end.is_never()
                                  ? ~WideUnsigned{0}
                                  : WideUnsigned{stretch.rate} *
                                        static_cast<std::uint64_t>((stretch.end - busy_until).ns);
    if (wanted < room) {
      busy_until += Duration{static_cast<std::int64_t>(wanted / stretch.rate)};
      fraction = static_cast<std::uint64_t>(wanted % stretch.rate);
      return;
    }
    wanted -= room;
    busy_until = stretch.end;
    if (wanted == 0) {
      fraction = 0;
      return;
    }
  }
}

Result<DeliveryTrace> parse_delivery_trace(std::string_view text) {
  DeliveryTrace trace;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view number = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (number.ends_with('\r')) number.remove_suffix(1);
    std::uint32_t milliseconds = 0;
    const auto [rest, error] =
        std::from_chars(number.data(), number.data() + number.size(), milliseconds);
    if (error != std::errc() || rest != number.data() + number.size()) {
      return Error{
          fmt::format("line {}: expected milliseconds, a whole number, got \"{}\"", line, number)};
    }
    if (!trace.opportunities.empty() && milliseconds < trace.opportunities.back()) {
      return Error{fmt::format("line {}: {} ms is before the line above", line, milliseconds)};
    }
    trace.opportunities.push_back(milliseconds);
  }
  if (trace.opportunities.empty()) return Error{"the trace is empty"};
  if (trace.opportunities.back() == 0) return Error{"the trace ends at 0 ms"};
  return trace;
}

Time DeliveryCursor::time_of(const DeliveryTrace& trace, std::uint64_t index) const {
  const std::uint64_t count = trace.opportunities.size();
  const std::int64_t rounds = static_cast<std::int64_t>(index / count);
  return start_ + milliseconds(trace.opportunities.back()) * rounds +
         milliseconds(trace.opportunities[static_cast<std::size_t>(index % count)]);
}

std::uint64_t DeliveryCursor::first_after(const DeliveryTrace& trace, Time now) const {
  const Duration period = milliseconds(trace.opportunities.back());
  const std::int64_t rounds = (now - start_) / period;
  const Duration within = (now - start_) - period * rounds;
  const auto found = std::upper_bound(
      trace.opportunities.begin(), trace.opportunities.end(), within,
      [](Duration instant, std::uint32_t at) { return instant < milliseconds(at); });
  return static_cast<std::uint64_t>(rounds) * trace.opportunities.size() +
         static_cast<std::uint64_t>(found - trace.opportunities.begin());
}

Time DeliveryCursor::serialise(const DeliveryTrace& trace, std::uint16_t size, Time now) {
  if (time_of(trace, index_) <= now) {
    index_ = first_after(trace, now);
    left_ = bytes_each;
  }
  std::uint32_t wanted = size;
  while (wanted > left_) {
    wanted -= left_;
    ++index_;
    left_ = bytes_each;
  }
  left_ -= wanted;
  const Time departs = time_of(trace, index_);
  if (left_ == 0) {
    ++index_;
    left_ = bytes_each;
  }
  return departs;
}

}  // namespace natsim::net
