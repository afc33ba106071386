// Foundations: what tells that candidates are alike, so that pairs of one kind are not all checked
// before the first of them has shown whether that kind works (RFC 8445 §5.1.1.3, §6.1.2.6). The
// check lists of a session share them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"

namespace natsim::ice {

class Foundations {
 public:
  // Of a local candidate: equal for equal type, transport, base address, server address and
  // transport to the server (§5.1.1.3).
  std::string of_local(const Candidate& candidate);
  // Of a candidate that the peer has not signalled: different from any other (§7.3.1.3).
  std::string of_unsignalled();

  // The number of the pair's foundation.
  std::uint16_t of_pair(const Candidate& local, const Candidate& remote);
  // A pair of this foundation comes into `state` (`change` 1), or leaves it (-1).
  void count(std::uint16_t foundation, PairState state, int change);
  // Whether a pair of it is Waiting or In-Progress.
  [[nodiscard]] bool is_in_use(std::uint16_t foundation) const { return pairs_[foundation].active; }
  // Whether a check of one of its pairs has succeeded.
  [[nodiscard]] bool has_succeeded(std::uint16_t foundation) const {
    return pairs_[foundation].succeeded;
  }
  // Pairs that are Waiting or In-Progress, of all lists.
  [[nodiscard]] int active() const { return active_; }

 private:
  struct Pairs {
    std::string local;
    std::string remote;
    int active = 0;     // Waiting or In-Progress
    int succeeded = 0;  // Succeeded
  };

  std::vector<Candidate> locals_;  // the first of each foundation
  std::uint32_t unsignalled_ = 0;
  std::vector<Pairs> pairs_;  // by number
  int active_ = 0;
};

}  // namespace natsim::ice
