// What the check lists of a session share, one for each component of each data stream (RFC 8445
// §6.1.2, §6.1.4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "stack/base/time.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/foundations.h"

namespace natsim::ice {

class Agent;

class CheckListSet {
 public:
  explicit CheckListSet(std::size_t lists) : lists_(lists) {}

  [[nodiscard]] std::size_t lists() const { return lists_; }
  [[nodiscard]] bool may_start(const Agent& agent) const { return lists_ == 1 || turn == &agent; }
  // Those of this generation of all lists, which are restarted together.
  std::shared_ptr<Foundations> foundations_of(std::uint32_t generation) {
    if (foundations_ == nullptr || generation != generation_) {
      foundations_ = std::make_shared<Foundations>();
      generation_ = generation;
    }
    return foundations_;
  }

  PairId last_pair = no_pair;  // the id given last: no two pairs of a session have one
  Time next_start{};           // of a transaction, by the pacing
  // Who has started one last, and whose turn it is to start one: of several nobody's, unless the
  // session says so.
  const Agent* last_starter = nullptr;
  const Agent* turn = nullptr;

 private:
  std::size_t lists_;
  std::uint32_t generation_ = 0;
  std::shared_ptr<Foundations> foundations_;
};

}  // namespace natsim::ice
