// What becomes of pairs over TCP when their connections do not come about, or end (RFC 6544 §7,
// §11).
#include "stack/ice/checker.h"

namespace natsim::ice {

void Checker::connection_lost(CandidateId sender, const Endpoint& remote, Time now) {
  const auto known = remote_.find(remote, Transport::tcp);
  CandidatePair* pair = known ? list_.find(sender, *known) : nullptr;
  if (pair == nullptr) return;
  const bool was_broken = pair->broken;
  if (pair->id == selected_) {
    // The side that has opened the connection opens another one, for a check at once and then for
    // consent's: the other one knows the path by none before.
    pair->broken = true;
    pair->nominating = false;
    client_.cancel(pair->id);
    if (!was_broken && starts_checks(local_[sender])) list_.enqueue(*pair);
  } else if (pair->state != PairState::removed && pair->state != PairState::failed) {
    lose_pair(*pair, PairState::failed, PairReason::connection_lost);
  }
  settle(now);
}

bool Checker::selected_is_broken() const {
  const CandidatePair* selected = list_.find(selected_);
  return selected != nullptr && selected->broken;
}

void Checker::mend(CandidatePair& pair) {
  if (pair.broken) {
    pair.broken = false;
    // For the peer it is another path than before.
    if (role_ == Role::controlling && pair.nominated) {
      pair.nominating = true;
      list_.enqueue(pair);
    }
  } else if (pair.id != selected_ && selected_is_broken()) {
    lose_pair(*list_.find(selected_), PairState::failed, PairReason::connection_lost);
  }
}

}  // namespace natsim::ice
