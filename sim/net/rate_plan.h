// Rates that change with time: schedules of steps, and recorded traces.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stack/base/result.h"
#include "stack/base/time.h"

namespace natsim::net {

struct RateStep {
  Duration at;             // since the schedule began
  std::uint64_t rate = 0;  // bits per second from then on; 0: nothing passes

  bool operator==(const RateStep&) const = default;
};

// Contract: the first step is at 0, each later one later; some step has a rate, and the last one
// unless the schedule repeats.
struct RateSchedule {
  std::vector<RateStep> steps;
  Duration period;  // after which it begins again, greater than the last step's; 0: never

  bool operator==(const RateSchedule&) const = default;
};

// What is wrong with a schedule; empty if nothing is.
std::string_view fault_in(const RateSchedule& schedule);

// A recorded link in the format of Mahimahi (Netravali et al., 2015): at each listed millisecond up
// to 1500 bytes may leave; what finds nothing to send is lost. After the last one the list begins
// again, its time zero being the last one's.
struct DeliveryTrace {
  std::vector<std::uint32_t> opportunities;  // milliseconds, ascending, the last greater than zero

  bool operator==(const DeliveryTrace&) const = default;
};

// Reads a trace: a whole number of milliseconds a line. The error names the line.
Result<DeliveryTrace> parse_delivery_trace(std::string_view text);

// The end of the packet's serialisation, `bits` behind the instant (busy_until, fraction), with the
// schedule begun at `start`: busy_until moves there. `fraction` is in nanoseconds/rate.
void serialise(const RateSchedule& schedule, Time start, std::uint64_t bits, Time& busy_until,
               std::uint64_t& fraction);

// A trace being used up.
class DeliveryCursor {
 public:
  explicit DeliveryCursor(Time start) : start_(start) {}

  // When the last byte of a packet leaves that comes at `now`, behind all before it.
  Time serialise(const DeliveryTrace& trace, std::uint16_t size, Time now);

 private:
  static constexpr std::uint32_t bytes_each = 1500;

  [[nodiscard]] Time time_of(const DeliveryTrace& trace, std::uint64_t index) const;
  [[nodiscard]] std::uint64_t first_after(const DeliveryTrace& trace, Time now) const;

  Time start_;
  std::uint64_t index_ = 0;          // of the opportunity in use, counted over all rounds
  std::uint32_t left_ = bytes_each;  // bytes that it still takes
};

}  // namespace natsim::net
