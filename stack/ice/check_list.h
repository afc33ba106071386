// The check list: the pairs, which of them is to be checked next, and which foundations are in use
// (RFC 8445 §6.1.2-6.1.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stack/ice/candidate.h"
#include "stack/ice/candidate_pair.h"

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
//    keeps count of the foundations in use.
// 4. Pointers to pairs are good until the next `add`.
class CheckList {
 public:
  // New pairs are given the ids after `last_id`, which is the agent's and is moved on.
  CheckList(std::size_t max_pairs, PairId& last_id) : max_pairs_(max_pairs), last_id_(last_id) {}

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
  // The Frozen pair of the highest priority whose foundation is not being checked; nullptr if there
  // is none.
  [[nodiscard]] CandidatePair* best_unfreezable();
  // Whether one of the three would give a pair.
  [[nodiscard]] bool has_check() const;

  // Pairs that are Waiting or In-Progress: what the RTO grows with (§14.3).
  [[nodiscard]] int active() const { return active_; }
  // Whether a pair is Frozen, Waiting or In-Progress.
  [[nodiscard]] bool is_settled() const { return active_ == 0 && frozen_ == 0; }

 private:
  std::uint16_t foundation_of(const Candidate& local, const Candidate& remote);
  [[nodiscard]] bool foundation_succeeded(std::uint16_t foundation) const;
  [[nodiscard]] CandidatePair* waiting_of(std::uint16_t foundation);
  // The pair of the lowest priority that no check has been made of, or that has failed.
  [[nodiscard]] CandidatePair* least_needed();

  std::size_t max_pairs_;             // Options::max_pairs
  PairId& last_id_;                   // of the agent's pairs
  std::size_t listed_ = 0;            // pairs that are not removed
  int active_ = 0;                    // Waiting or In-Progress
  int frozen_ = 0;                    // Frozen
  std::vector<CandidatePair> pairs_;  // by id
  std::deque<PairId> triggered_;
  // By foundation number: its local and remote part, and how many of its pairs are Waiting or
  // In-Progress.
  std::vector<std::pair<std::string, std::string>> foundations_;
  std::vector<int> in_use_;
};

}  // namespace natsim::ice
