#include "stack/ice/foundations.h"

#include <algorithm>

namespace natsim::ice {

std::string Foundations::of_local(const Candidate& candidate) {
  const auto known = std::find_if(locals_.begin(), locals_.end(), [&](const Candidate& other) {
    return other.type == candidate.type && other.transport == candidate.transport &&
           other.base.address == candidate.base.address &&
           other.server.address == candidate.server.address &&
           other.server_transport == candidate.server_transport;
  });
  if (known != locals_.end()) return known->foundation;
  locals_.push_back(candidate);
  locals_.back().foundation = std::to_string(locals_.size());
  return locals_.back().foundation;
}

std::string Foundations::of_unsignalled() {
  // '~' is no ice-char, so this is none that is signalled.
  return std::to_string(++unsignalled_) + "~";
}

std::uint16_t Foundations::of_pair(const Candidate& local, const Candidate& remote) {
  const auto known = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pairs& pairs) {
    return pairs.local == local.foundation && pairs.remote == remote.foundation;
  });
  const auto number = static_cast<std::uint16_t>(known - pairs_.begin());
  if (known == pairs_.end()) pairs_.push_back({local.foundation, remote.foundation});
  return number;
}

void Foundations::count(std::uint16_t foundation, PairState state, int change) {
  if (state == PairState::waiting || state == PairState::in_progress) {
    pairs_[foundation].active += change;
    active_ += change;
  } else if (state == PairState::succeeded) {
    pairs_[foundation].succeeded += change;
  }
}

}  // namespace natsim::ice
