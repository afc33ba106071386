// The check list: the pairs, which of them is to be checked next, and which foundations are in use
// (RFC 8445 §6.1.2-6.1.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/foundations.h"

namespace natsim::ice {

// True when the candidates can be a pair: same component, transport and address family, and an IPv6
// link-local address only with another one (RFC 8445 §6.1.2.2); over TCP active with passive, or
// both simultaneous-open (RFC 6544 §6.2).
bool can_pair(const Candidate& local, const Candidate& remote);

// Contract:
// 1. There is one pair for a local and a remote candidate (RFC 8445 §6.1.2.4). A pair keeps its
//    place and id for good, so ids of removed pairs stay known; at most `max_pairs` are not
//    removed.
// 2. A new pair is Waiting if its foundation is not being checked, or has succeeded, and Frozen
//    otherwise (§6.1.2.6, RFC 8838 §12). If the one that is Waiting has the lower priority the two
//    change places, as if they had been formed together.
// 3. The list moves states only in `add`; whoever runs the checks does so with `set_state`, which
//    keeps count of the foundations in use. These are shared with the other lists of the session.
// 4. Pointers to pairs are good until the next `add`.
class CheckList {
 public:
  // New pairs are given the ids after `last_id`, which is the session's and is moved on.
  CheckList(std::size_t max_pairs, PairId& last_id, Foundations& foundations)
      : max_pairs_(max_pairs), last_id_(last_id), foundations_(foundations) {}

  struct Addition {
    PairId pair = no_pair;       // removed at once if it did not fit
    PairId displaced = no_pair;  // the pair that left the list for it
    PairState displaced_from = PairState::frozen;
    PairId frozen = no_pair;  // the pair that it froze (rule 2)
  };
  // Precondition: can_pair and no pair of the two yet.
  Addition add(CandidateId local_id, const Candidate& local, CandidateId remote_id,
               const Candidate& remote, Role role);

  [[nodiscard]] CandidatePair* find(PairId id);
  [[nodiscard]] const CandidatePair* find(PairId id) const;
  [[nodiscard]] CandidatePair* find(CandidateId local, CandidateId remote);
  [[nodiscard]] std::span<CandidatePair> pairs() { return pairs_; }
  [[nodiscard]] std::span<const CandidatePair> pairs() const { return pairs_; }

  void set_state(CandidatePair& pair, PairState state);
  // After a role switch or a change of the candidates' priorities or foundations.
  void rank(CandidatePair& pair, const Candidate& local, const Candidate& valid_local,
            const Candidate& remote, Role role);

  // The triggered-check queue (§6.1.4.1): first in, first out, each pair once.
  void enqueue(CandidatePair& pair);
  void dequeue(CandidatePair& pair);
  // The first queued pair that may be checked, taken off the queue; nullptr if there is none.
  CandidatePair* take_triggered();
  // The Waiting pair of the highest priority that may be checked; nullptr if there is none.
  [[nodiscard]] CandidatePair* best_waiting();
  // The Frozen pair of the highest priority whose foundation is not being checked, or has succeeded
  // on another list (§7.2.5.3.3); nullptr if there is none.
  [[nodiscard]] CandidatePair* best_unfreezable();
  // A Frozen pair whose foundation has succeeded on another list; nullptr if there is none.
  [[nodiscard]] CandidatePair* thawed();
  // Whether one of these would give a pair.
  [[nodiscard]] bool has_check() const;

  // Whether a pair is Frozen, Waiting or In-Progress.
  [[nodiscard]] bool is_settled() const { return active_ == 0 && frozen_ == 0; }

 private:
  [[nodiscard]] bool can_unfreeze(std::uint16_t foundation) const {
    return !foundations_.is_in_use(foundation) || foundations_.has_succeeded(foundation);
  }
  [[nodiscard]] CandidatePair* waiting_of(std::uint16_t foundation);
  // The pair of the lowest priority that no check has been made of, or that has failed.
  [[nodiscard]] CandidatePair* least_needed();

  std::size_t max_pairs_;             // Options::max_pairs
  PairId& last_id_;                   // of the session's pairs
  Foundations& foundations_;          // of the session
  std::size_t listed_ = 0;            // pairs that are not removed
  int active_ = 0;                    // Waiting or In-Progress
  int frozen_ = 0;                    // Frozen
  std::vector<CandidatePair> pairs_;  // by id
  std::deque<PairId> triggered_;
};

}  // namespace natsim::ice
