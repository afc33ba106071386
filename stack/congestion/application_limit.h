// Whether the application sends less than it may.
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/time.h"

namespace natsim::congestion {

// A budget that fills with 65 % of the target and is spent by what is sent. Full to 80 %, the
// application limits itself; when half is left of it no longer. The figures are libwebrtc's.
class ApplicationLimit {
 public:
  // In bits per second, not 0.
  void set_target(std::uint64_t bitrate);
  void on_sent(std::uint32_t bytes, Time now);

  // Since when it does; nullopt: it does not.
  [[nodiscard]] std::optional<Time> since() const { return since_; }

 private:
  std::int64_t most_ = 0;    // bits, of half a second
  std::int64_t budget_ = 0;  // bits, from -most_ to most_
  std::int64_t fill_ = 0;    // bits per second
  std::optional<Time> last_;
  std::optional<Time> since_;
};

}  // namespace natsim::congestion
