#include "stack/ice/check_list.h"

#include <algorithm>

namespace natsim::ice {
namespace {

bool is_active(PairState state) {
  return state == PairState::waiting || state == PairState::in_progress;
}

bool is_ipv6_link_local(const IpAddress& address) {
  return !address.is_v4() && address.is_link_local();
}

bool can_connect(TcpType local, TcpType remote) {
  switch (local) {
    case TcpType::active:
      return remote == TcpType::passive;
    case TcpType::passive:
      return remote == TcpType::active;
    case TcpType::simultaneous_open:
      return remote == TcpType::simultaneous_open;
  }
  return false;
}

// The pair of the highest priority among those that `eligible` accepts; the older one of equals.
template <typename Pairs, typename Eligible>
auto* highest(Pairs& pairs, Eligible eligible) {
  decltype(pairs.data()) best = nullptr;
  for (auto& pair : pairs) {
    if (eligible(pair) && (best == nullptr || pair.priority > best->priority)) best = &pair;
  }
  return best;
}

// Ids ascend, without gaps unless another generation has made pairs meanwhile.
template <typename Pairs>
auto* with_id(Pairs& pairs, PairId id) {
  decltype(pairs.data()) found = nullptr;
  if (pairs.empty() || id < pairs.front().id) return found;
  std::size_t place = std::min<std::size_t>(id - pairs.front().id, pairs.size() - 1);
  while (pairs[place].id > id) --place;
  if (pairs[place].id == id) found = &pairs[place];
  return found;
}

}  // namespace

bool can_pair(const Candidate& local, const Candidate& remote) {
  return local.component == remote.component && local.transport == remote.transport &&
         (local.transport == Transport::udp || can_connect(local.tcp_type, remote.tcp_type)) &&
         local.address.address.family() == remote.address.address.family() &&
         is_ipv6_link_local(local.address.address) == is_ipv6_link_local(remote.address.address);
}

CheckList::Addition CheckList::add(CandidateId local_id, const Candidate& local,
                                   CandidateId remote_id, const Candidate& remote, Role role) {
  Addition addition;
  CandidatePair pair;
  pair.id = ++last_id_;
  pair.local = local_id;
  pair.remote = remote_id;
  pair.priority = pair_priority(role, local.priority, remote.priority);
  pair.foundation = foundations_.of_pair(local, remote);
  addition.pair = pair.id;

  if (listed_ == max_pairs_) {
    CandidatePair* least = least_needed();
    if (least == nullptr || least->priority >= pair.priority) {
      pair.state = PairState::removed;
      pairs_.push_back(pair);
      return addition;
    }
    addition.displaced = least->id;
    addition.displaced_from = least->state;
    set_state(*least, PairState::removed);
  }
  ++listed_;
  ++frozen_;
  pairs_.push_back(pair);
  CandidatePair& added = pairs_.back();
  if (can_unfreeze(added.foundation)) {
    set_state(added, PairState::waiting);
  } else if (CandidatePair* other = waiting_of(added.foundation);
             other != nullptr && !other->queued && other->priority < added.priority) {
    addition.frozen = other->id;
    set_state(*other, PairState::frozen);
    set_state(added, PairState::waiting);
  }
  return addition;
}

CandidatePair* CheckList::find(PairId id) { return with_id(pairs_, id); }
const CandidatePair* CheckList::find(PairId id) const { return with_id(pairs_, id); }

CandidatePair* CheckList::find(CandidateId local, CandidateId remote) {
  for (CandidatePair& pair : pairs_) {
    if (pair.local == local && pair.remote == remote) return &pair;
  }
  return nullptr;
}

void CheckList::set_state(CandidatePair& pair, PairState state) {
  const auto count = [&](int change) {
    foundations_.count(pair.foundation, pair.state, change);
    if (is_active(pair.state)) active_ += change;
    if (pair.state == PairState::frozen) frozen_ += change;
    if (pair.state != PairState::removed) listed_ += static_cast<std::size_t>(change);
  };
  count(-1);
  pair.state = state;
  count(+1);
  if (state == PairState::removed) dequeue(pair);
}

void CheckList::rank(CandidatePair& pair, const Candidate& local, const Candidate& valid_local,
                     const Candidate& remote, Role role) {
  pair.priority = pair_priority(role, local.priority, remote.priority);
  if (pair.valid) pair.valid_priority = pair_priority(role, valid_local.priority, remote.priority);
  const std::uint16_t foundation = foundations_.of_pair(local, remote);
  foundations_.count(pair.foundation, pair.state, -1);
  foundations_.count(foundation, pair.state, +1);
  pair.foundation = foundation;
}

void CheckList::enqueue(CandidatePair& pair) {
  if (pair.queued) return;
  pair.queued = true;
  triggered_.push_back(pair.id);
}

void CheckList::dequeue(CandidatePair& pair) {
  if (!pair.queued) return;
  pair.queued = false;
  triggered_.erase(std::find(triggered_.begin(), triggered_.end(), pair.id));
}

CandidatePair* CheckList::take_triggered() {
  for (const PairId id : triggered_) {
    CandidatePair& pair = *find(id);
    if (pair.awaiting_permission) continue;
    dequeue(pair);
    return &pair;
  }
  return nullptr;
}

CandidatePair* CheckList::best_waiting() {
  return highest(pairs_, [](const CandidatePair& pair) {
    return pair.state == PairState::waiting && !pair.awaiting_permission;
  });
}

CandidatePair* CheckList::best_unfreezable() {
  return highest(pairs_, [&](const CandidatePair& pair) {
    return pair.state == PairState::frozen && !pair.awaiting_permission &&
           can_unfreeze(pair.foundation);
  });
}

CandidatePair* CheckList::thawed() {
  return highest(pairs_, [&](const CandidatePair& pair) {
    return pair.state == PairState::frozen && foundations_.has_succeeded(pair.foundation);
  });
}

bool CheckList::has_check() const {
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const CandidatePair& pair) {
    if (pair.awaiting_permission) return false;
    return pair.queued || pair.state == PairState::waiting ||
           (pair.state == PairState::frozen && can_unfreeze(pair.foundation));
  });
}

CandidatePair* CheckList::waiting_of(std::uint16_t foundation) {
  for (CandidatePair& pair : pairs_) {
    if (pair.foundation == foundation && pair.state == PairState::waiting) return &pair;
  }
  return nullptr;
}

CandidatePair* CheckList::least_needed() {
  CandidatePair* least = nullptr;
  for (CandidatePair& pair : pairs_) {
    if (pair.state == PairState::removed || pair.state == PairState::in_progress || pair.valid) {
      continue;
    }
    if (least == nullptr || pair.priority < least->priority) least = &pair;
  }
  return least;
}

}  // namespace natsim::ice
