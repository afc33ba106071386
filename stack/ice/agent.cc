#include "stack/ice/agent.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace natsim::ice {
namespace {

// How long the old pair is listened to where nothing else is said: RFC 8445 §8.3's time for the
// candidates that are not used any more.
constexpr Duration default_retirement = seconds(3);

// What an old generation still gathers is not told.
bool is_of_gathering(const Event& event) {
  return std::holds_alternative<CandidateGathered>(event) ||
         std::holds_alternative<CandidateRedundant>(event) ||
         std::holds_alternative<ServerFailed>(event) ||
         std::holds_alternative<GatheringComplete>(event);
}

}  // namespace

Agent::Agent(Options options, Random random)
    : Agent(std::move(options), random, std::make_shared<CheckListSet>(1)) {}

Agent::Agent(Options options, Random random, std::shared_ptr<CheckListSet> set)
    : options_(std::move(options)), random_(random.split("restart")), set_(std::move(set)) {
  begin_generation(options_, random);
}

void Agent::begin_generation(Options options, const Random& random) {
  generations_.push_back(std::make_unique<Generation>(std::move(options), random, servers_, *set_,
                                                      restarts_, transmits_));
}

std::optional<AddressRefusal> Agent::add_local_address(const Endpoint& base, Time now) {
  const auto refusal = generations_.back()->add_local_address(base, now);
  if (!refusal) advance(now);
  return refusal;
}

std::optional<AddressRefusal> Agent::add_tcp_address(const Endpoint& listener, Time now) {
  const auto refusal = generations_.back()->add_tcp_address(listener, now);
  if (!refusal) advance(now);
  return refusal;
}

void Agent::add_mapped_address(const Endpoint& base, const Endpoint& mapped) {
  generations_.back()->add_mapped_address(base, mapped);
}

void Agent::set_servers(std::vector<Endpoint> stun, std::vector<TurnServer> turn) {
  std::stable_sort(turn.begin(), turn.end(), [](const TurnServer& a, const TurnServer& b) {
    return a.transport < b.transport;
  });
  servers_ = {std::move(stun), std::move(turn)};
}

void Agent::start_gathering(Time now) {
  generations_.back()->start_gathering(now);
  advance(now);
}

bool Agent::replace_turn_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                                std::optional<Endpoint> fresh, Time now) {
  bool waited = false;
  for (const auto& generation : generations_) {
    const auto& sockets = generation->sockets();
    if (std::find(sockets.begin(), sockets.end(), base) == sockets.end()) continue;
    waited |= generation->replace_turn_socket(base, server, transport, fresh, now);
    if (waited && is_stream(transport)) break;
  }
  advance(now);
  return waited;
}

std::vector<Endpoint> Agent::relay_sockets() const {
  std::vector<Endpoint> sockets;
  for (const auto& generation : generations_) {
    for (const Endpoint& socket : generation->relay_sockets()) {
      if (std::find(sockets.begin(), sockets.end(), socket) == sockets.end()) {
        sockets.push_back(socket);
      }
    }
  }
  return sockets;
}

std::size_t Agent::move_relays(const Endpoint& from, const Endpoint& to, Time now) {
  std::size_t moved = 0;
  for (const auto& generation : generations_) moved += generation->move_relays(from, to, now);
  advance(now);
  return moved;
}

bool Agent::connection_opened(const Endpoint& base, const Endpoint& remote,
                              const std::optional<Endpoint>& fresh, Time now) {
  const bool waited = std::any_of(
      generations_.begin(), generations_.end(),
      [&](const auto& generation) { return generation->connection_opened(base, remote, fresh); });
  advance(now);
  return waited;
}

bool Agent::connection_accepted(const Endpoint& local, const Endpoint& remote, Time now) {
  // A listener that serves several generations serves the newest.
  const bool taken = std::any_of(
      generations_.rbegin(), generations_.rend(),
      [&](const auto& generation) { return generation->connection_accepted(local, remote); });
  advance(now);
  return taken;
}

void Agent::connection_lost(const Endpoint& local, const Endpoint& remote, Time now) {
  for (const auto& generation : generations_) generation->connection_lost(local, remote, now);
  advance(now);
}

bool Agent::owns(const Endpoint& local, const Endpoint& remote, Transport transport) const {
  return std::any_of(generations_.begin(), generations_.end(), [&](const auto& generation) {
    if (is_stream(transport)) {
      return generation->has_connection(local, remote) ||
             generation->has_relay_connection(local, remote);
    }
    const auto& sockets = generation->sockets();
    return std::find(sockets.begin(), sockets.end(), local) != sockets.end();
  });
}

bool Agent::restart(Time now) {
  if (state_ == AgentState::closed) return false;
  Options options = options_;
  options.role = role();
  options.tiebreaker = tiebreaker();
  Generation& last = *generations_.back();
  const bool last_is_in_use = &in_use() == &last;
  if (last_is_in_use && last.checker().pair_in_use() != nullptr) {
    if (carrier_ != nullptr) carrier_->close(now);
    carrier_ = &last;
    last.stop_gathering();
  } else {
    last.close(now);
  }
  retire_at_ = Time::never();
  early_.clear();
  ++restarts_;
  begin_generation(std::move(options), random_.split(restarts_));
  tell_state(AgentState::new_agent, StateReason::restarted);
  advance(now);
  return true;
}

bool Agent::set_remote_credentials(const Credentials& credentials, Time now) {
  if (!credentials.is_valid() || has_remote_credentials()) return false;
  newest().set_remote_credentials(credentials, now);
  for (const Candidate& candidate : std::exchange(early_, {})) {
    if (candidate.ufrag == credentials.ufrag) newest().add_remote(candidate, now);
  }
  advance(now);
  return true;
}

RemoteCandidateResult Agent::add_remote_candidate(const Candidate& candidate, Time now) {
  const bool names_generation = !candidate.ufrag.empty() && state_ != AgentState::closed;
  if (names_generation && !has_remote_credentials()) {
    if (early_.size() >= options_.max_remote_candidates) return RemoteCandidateResult::too_many;
    early_.push_back(candidate);
    return RemoteCandidateResult::kept;
  }
  if (names_generation && candidate.ufrag != newest().remote_ufrag()) {
    return RemoteCandidateResult::other_generation;
  }
  const RemoteCandidateResult result = newest().add_remote(candidate, now);
  advance(now);
  return result;
}

void Agent::end_of_remote_candidates(Time now) {
  newest().end_of_remote(now);
  advance(now);
}

std::optional<ReceivedData> Agent::receive(const Endpoint& local, const Endpoint& remote,
                                           ByteView bytes, Time now, Transport transport) {
  std::optional<ReceivedData> data;
  // The older one has the allocation that a datagram without a transaction belongs to.
  const bool taken =
      std::any_of(generations_.begin(), generations_.end(), [&](const auto& generation) {
        return generation->receive_from_server(local, remote, bytes, data, now, transport);
      });
  if (!taken) {
    Generation& owner =
        is_stream(transport) ? owner_of_connection(local, remote) : recipient(local, remote, bytes);
    data = owner.receive_from_peer(local, remote, bytes, now, transport);
  }
  advance(now);
  return data;
}

SendResult Agent::send(ByteView data, Time now) { return in_use().send(data, now); }

void Agent::revoke_consent(Time now) {
  if (carrier_ != nullptr) carrier_->checker().revoke_consent();
  newest().revoke_consent();
  advance(now);
}

void Agent::close(Time now) {
  for (const auto& generation : generations_) generation->close(now);
  carrier_ = nullptr;
  retire_at_ = Time::never();
  for (const auto& generation : generations_) tell(*generation);
}

void Agent::handle_timeout(Time now) {
  for (const auto& generation : generations_) generation->handle_timeout(now);
  advance(now);
}

Time Agent::next_timeout() const {
  Time next = retire_at_;
  for (const auto& generation : generations_) next = std::min(next, generation->next_timeout());
  if (generations_.back()->has_work()) next = std::min(next, set_->next_start);
  return next;
}

std::vector<PairSnapshot> Agent::pairs() const {
  std::vector<PairSnapshot> snapshots;
  for (const CandidatePair& pair : newest().list().pairs()) {
    snapshots.push_back(newest().snapshot(pair));
  }
  std::stable_sort(snapshots.begin(), snapshots.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
  return snapshots;
}

std::optional<PairSnapshot> Agent::selected_pair() const {
  const Checker& checker = in_use().checker();
  const CandidatePair* pair = checker.list().find(checker.selected());
  if (pair == nullptr) return std::nullopt;
  return checker.snapshot(*pair);
}

Generation& Agent::in_use() const {
  const bool old_one = carrier_ != nullptr && newest().selected() == no_pair &&
                       carrier_->checker().pair_in_use() != nullptr;
  return old_one ? *carrier_ : *generations_.back();
}

Generation& Agent::recipient(const Endpoint& local, const Endpoint& remote, ByteView bytes) const {
  Generation* owner = generations_.back().get();
  if (generations_.size() == 1) return *owner;
  for (const auto& generation : generations_) {
    if (generation->expects(local, remote, bytes)) return *generation;
    const auto& sockets = generation->sockets();
    if (std::find(sockets.begin(), sockets.end(), local) != sockets.end()) owner = generation.get();
  }
  return *owner;
}

Generation& Agent::owner_of_connection(const Endpoint& local, const Endpoint& remote) const {
  for (const auto& generation : generations_) {
    if (generation->has_connection(local, remote)) return *generation;
  }
  return *generations_.back();
}

void Agent::advance(Time now) {
  Generation& last = *generations_.back();
  for (;;) {
    for (const auto& generation : generations_) generation->attend(now);
    if (now < set_->next_start || !set_->may_start(*this) || !last.has_work()) break;
    last.start_next(now);
    set_->next_start = now + options_.ta;
    set_->last_starter = this;
  }
  retire(now);
  for (const auto& generation : generations_) tell(*generation);
}

void Agent::retire(Time now) {
  if (generations_.size() == 1) return;
  if (carrier_ != nullptr) {
    if (newest().selected() != no_pair && retire_at_.is_never()) {
      carrier_->checker().stop_using();
      retire_at_ = now + options_.release_after.value_or(default_retirement);
    }
    const bool lost = retire_at_.is_never() && carrier_->checker().pair_in_use() == nullptr;
    if (lost) tell(*carrier_);
    if (lost || now >= retire_at_) {
      carrier_->close(now);
      carrier_ = nullptr;
      retire_at_ = Time::never();
    }
  }
  for (std::size_t i = 0; i + 1 < generations_.size();) {
    const Generation& old = *generations_[i];
    // What is left of a closed one is the deletion of its allocations.
    if (old.checker().state() != AgentState::closed || !old.next_timeout().is_never()) {
      ++i;
      continue;
    }
    tell(*generations_[i]);
    const std::unique_ptr<Generation> gone = std::move(generations_[i]);
    generations_.erase(generations_.begin() + static_cast<std::ptrdiff_t>(i));
    for (const Endpoint& socket : gone->sockets()) {
      const bool used = std::any_of(generations_.begin(), generations_.end(), [&](const auto& g) {
        return std::find(g->sockets().begin(), g->sockets().end(), socket) != g->sockets().end();
      });
      if (!used) events_.push(SocketReleased{socket});
    }
    for (const Endpoint& listener : gone->listeners()) {
      const bool used = std::any_of(generations_.begin(), generations_.end(), [&](const auto& g) {
        return std::find(g->listeners().begin(), g->listeners().end(), listener) !=
               g->listeners().end();
      });
      if (!used) events_.push(SocketReleased{listener, Transport::tcp});
    }
  }
}

void Agent::tell(Generation& generation) {
  const bool is_newest = &generation == generations_.back().get();
  while (auto event = generation.poll_event()) {
    if (const auto* changed = std::get_if<StateChanged>(&*event)) {
      tell_state(is_newest ? changed->to : newest().state(), changed->reason);
    } else if (const auto* selection = std::get_if<SelectedPairChanged>(&*event)) {
      if (!is_newest && selection->from != selected_) continue;
      events_.push(SelectedPairChanged{selected_, selection->to});
      selected_ = selection->to;
    } else if (is_newest || !is_of_gathering(*event)) {
      events_.push(std::move(*event));
    }
  }
}

void Agent::tell_state(AgentState state, StateReason reason) {
  const Generation& used = in_use();
  const bool over = state == AgentState::closed || state == AgentState::completed;
  if (&used != generations_.back().get() && !over) {
    const bool answers = used.checker().state() != AgentState::disconnected;
    state = answers                       ? AgentState::connected
            : state == AgentState::failed ? AgentState::disconnected
                                          : AgentState::checking;
  } else if (restarts_ > 0 && state == AgentState::new_agent) {
    state = AgentState::checking;
  }
  if (state == state_) return;
  events_.push(StateChanged{state_, state, reason});
  state_ = state;
}

}  // namespace natsim::ice
