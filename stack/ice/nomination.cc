#include "stack/ice/nomination.h"

#include <algorithm>

namespace natsim::ice {
namespace {

bool is_open(PairState state) {
  return state == PairState::frozen || state == PairState::waiting ||
         state == PairState::in_progress;
}

}  // namespace

NominationDecision decide_nomination(const CheckList& list, const LocalCandidates& local,
                                     const RemoteCandidates& remote, const Options& options,
                                     const NominationContext& context, Time now) {
  const CandidatePair* best = nullptr;
  for (const CandidatePair& pair : list.pairs()) {
    if (pair.valid && (best == nullptr || pair.valid_priority > best->valid_priority)) best = &pair;
  }
  if (best == nullptr) return {};

  const bool better_may_come =
      !context.all_candidates_known ||
      std::any_of(list.pairs().begin(), list.pairs().end(), [&](const CandidatePair& pair) {
        return is_open(pair.state) && pair.priority > best->valid_priority;
      });
  if (!better_may_come) return {.nominate = best->id};

  const bool may_be_relayed = local[best->local].type == CandidateType::relayed ||
                              remote[best->remote].type == CandidateType::relayed ||
                              (!remote.is_signalled(best->remote) && !context.remote_ended);
  const Time deadline =
      context.first_valid + (may_be_relayed ? options.relay_patience : options.direct_patience);
  if (now >= deadline) return {.nominate = best->id};
  return {.reconsider = deadline};
}

}  // namespace natsim::ice
