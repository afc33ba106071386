#include "stack/ice/nomination.h"

#include <algorithm>

namespace natsim::ice {
namespace {

bool is_open(PairState state) {
  return state == PairState::frozen || state == PairState::waiting ||
         state == PairState::in_progress;
}

}  // namespace

std::string_view to_string(Mdns mdns) {
  switch (mdns) {
    case Mdns::off:
      return "ignored";
    case Mdns::query:
      return "resolved";
    case Mdns::gather:
      return "resolved, and own addresses hidden behind them";
  }
  return "";
}

Duration AcceptanceWaits::of(CandidateType type) const {
  switch (type) {
    case CandidateType::host:
      return host;
    case CandidateType::server_reflexive:
      return server_reflexive;
    case CandidateType::peer_reflexive:
      return peer_reflexive;
    case CandidateType::relayed:
      return relayed;
  }
  return {};
}

NominationDecision decide_nomination(const CheckList& list, const LocalCandidates& local,
                                     const RemoteCandidates& remote, const Options& options,
                                     const NominationContext& context, Time now) {
  const CandidatePair* best = nullptr;
  for (const CandidatePair& pair : list.pairs()) {
    if (pair.valid && (best == nullptr || pair.valid_priority > best->valid_priority)) best = &pair;
  }
  if (best == nullptr) return {};
  if (const auto& waits = options.acceptance) {
    const Time accepted = context.began + std::max(waits->of(local[best->valid_local].type),
                                                   waits->of(remote[best->remote].type));
    if (now >= accepted) return {.nominate = best->id};
    return {.reconsider = accepted};
  }

  bool better_is_open = false;
  Time since = context.first_valid;
  for (const CandidatePair& pair : list.pairs()) {
    if (!is_open(pair.state) || pair.priority <= best->valid_priority) continue;
    better_is_open = true;
    since = std::max(since, pair.formed_at);
  }
  if (!better_is_open && context.all_candidates_known) return {.nominate = best->id};

  const bool may_be_relayed = local[best->local].type == CandidateType::relayed ||
                              remote[best->remote].type == CandidateType::relayed ||
                              (!remote.is_signalled(best->remote) && !context.remote_ended);
  const Time deadline = since + (may_be_relayed ? options.relay_patience : options.direct_patience);
  if (now >= deadline) return {.nominate = best->id};
  return {.reconsider = deadline};
}

}  // namespace natsim::ice
