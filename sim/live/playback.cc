#include "sim/live/playback.h"

#include <variant>

namespace natsim::live {

bool Playback::is_expected(const Arrival& arrival) const {
  if (const auto* const datagram = std::get_if<DatagramArrived>(&arrival.what)) {
    return datagram->host < hosts_;
  }
  if (const auto* const line = std::get_if<LineArrived>(&arrival.what)) {
    return line->program < programs_;
  }
  return std::get<EndArrived>(arrival.what).program < programs_;
}

bool Playback::wait_until(Time due, Time /*now*/, std::vector<Arrival>& arrivals) {
  const auto& all = recording_.arrivals;
  if (next_ < all.size() && all[next_].at <= due) {
    // A scenario that is not the recorded one has other hosts and programs.
    if (!is_expected(all[next_])) return false;
    arrivals.push_back(all[next_++]);
    return true;
  }
  if (recording_.end) return due <= recording_.end->at;
  // natsim was killed: nothing is known of what came after the last one.
  return !all.empty() && due <= all.back().at;
}

}  // namespace natsim::live
