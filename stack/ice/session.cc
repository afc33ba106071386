#include "stack/ice/session.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace natsim::ice {

Session::Session(const Options& options, const Random& random, SessionShape shape)
    : shape_(shape), set_(std::make_shared<CheckListSet>(shape.agents())) {
  Options own = options;
  own.max_pairs = std::max<std::size_t>(1, options.max_pairs / shape.agents());
  for (std::size_t i = 0; i < shape.agents(); ++i) {
    own.component = static_cast<std::uint8_t>(component_of(i));
    const std::size_t stream = stream_of(i);
    agents_.push_back(std::make_unique<Agent>(
        own, stream == 0 ? random : random.split("stream").split(stream), set_));
    own.tiebreaker = agents_.front()->tiebreaker();
  }
}

std::optional<AddressRefusal> Session::add_local_address(std::size_t agent, const Endpoint& base,
                                                         Time now) {
  const auto refusal = agents_[agent]->add_local_address(base, now);
  attend(now);
  return refusal;
}

std::optional<AddressRefusal> Session::add_tcp_address(std::size_t agent, const Endpoint& listener,
                                                       Time now) {
  const auto refusal = agents_[agent]->add_tcp_address(listener, now);
  attend(now);
  return refusal;
}

void Session::add_mapped_address(std::size_t agent, const Endpoint& base, const Endpoint& mapped) {
  agents_[agent]->add_mapped_address(base, mapped);
}

void Session::set_servers(const std::vector<Endpoint>& stun, const std::vector<TurnServer>& turn) {
  for (const auto& agent : agents_) agent->set_servers(stun, turn);
}

void Session::set_role(Role role) {
  for (const auto& agent : agents_) agent->set_role(role);
}

void Session::start_gathering(Time now) {
  for (const auto& agent : agents_) agent->start_gathering(now);
  attend(now);
}

bool Session::replace_turn_socket(const Endpoint& base, const Endpoint& server, Transport transport,
                                  const std::optional<Endpoint>& fresh, Time now) {
  const bool waited = std::any_of(agents_.begin(), agents_.end(), [&](const auto& agent) {
    return agent->replace_turn_socket(base, server, transport, fresh, now);
  });
  attend(now);
  return waited;
}

std::vector<Endpoint> Session::relay_sockets() const {
  std::vector<Endpoint> sockets;
  for (const auto& agent : agents_) {
    const auto own = agent->relay_sockets();
    sockets.insert(sockets.end(), own.begin(), own.end());
  }
  return sockets;
}

std::size_t Session::move_relays(const Endpoint& from, const Endpoint& to, Time now) {
  std::size_t moved = 0;
  for (const auto& agent : agents_) moved += agent->move_relays(from, to, now);
  attend(now);
  return moved;
}

bool Session::connection_opened(const Endpoint& base, const Endpoint& remote,
                                const std::optional<Endpoint>& fresh, Time now) {
  const bool waited = std::any_of(agents_.begin(), agents_.end(), [&](const auto& agent) {
    return agent->connection_opened(base, remote, fresh, now);
  });
  attend(now);
  return waited;
}

bool Session::connection_accepted(const Endpoint& local, const Endpoint& remote, Time now) {
  const bool taken = std::any_of(agents_.begin(), agents_.end(), [&](const auto& agent) {
    return agent->connection_accepted(local, remote, now);
  });
  attend(now);
  return taken;
}

void Session::connection_lost(const Endpoint& local, const Endpoint& remote, Time now) {
  for (const auto& agent : agents_) agent->connection_lost(local, remote, now);
  attend(now);
}

bool Session::restart(Time now) {
  bool restarted = true;
  for (const auto& agent : agents_) restarted = agent->restart(now) && restarted;
  attend(now);
  return restarted;
}

void Session::set_remote_lite(bool lite) {
  for (const auto& agent : agents_) agent->set_remote_lite(lite);
}

void Session::set_remote_renomination(bool can) {
  for (const auto& agent : agents_) agent->set_remote_renomination(can);
}

bool Session::set_remote_credentials(std::size_t stream, const Credentials& credentials, Time now) {
  bool taken = true;
  for (std::size_t i = 0; i < shape_.components; ++i) {
    Agent& agent = *agents_[stream * shape_.components + i];
    taken = agent.set_remote_credentials(credentials, now) && taken;
  }
  attend(now);
  return taken;
}

RemoteCandidateResult Session::add_remote_candidate(std::size_t stream, const Candidate& candidate,
                                                    Time now) {
  // One of a component that is not there is for the first to refuse.
  const bool has_component = candidate.component >= 1 && candidate.component <= shape_.components;
  const std::size_t component = has_component ? candidate.component - 1U : 0;
  const auto result =
      agents_[stream * shape_.components + component]->add_remote_candidate(candidate, now);
  attend(now);
  return result;
}

void Session::end_of_remote_candidates(std::size_t stream, Time now) {
  for (std::size_t i = 0; i < shape_.components; ++i) {
    agents_[stream * shape_.components + i]->end_of_remote_candidates(now);
  }
  attend(now);
}

std::optional<ReceivedData> Session::receive(const Endpoint& local, const Endpoint& remote,
                                             ByteView bytes, Time now, Transport transport) {
  // What nobody's socket has taken is for the first to ignore, with the reason.
  const auto owner = agents_.size() == 1
                         ? agents_.begin()
                         : std::find_if(agents_.begin(), agents_.end(), [&](const auto& agent) {
                             return agent->owns(local, remote, transport);
                           });
  auto data = (owner == agents_.end() ? agents_.front() : *owner)
                  ->receive(local, remote, bytes, now, transport);
  attend(now);
  return data;
}

SendResult Session::send(std::size_t agent, ByteView data, Time now) {
  return agents_[agent]->send(data, now);
}

void Session::close(Time now) {
  for (const auto& agent : agents_) agent->close(now);
  attend(now);
}

void Session::handle_timeout(Time now) {
  if (agents_.size() == 1) return agents_.front()->handle_timeout(now);
  attend(now);
}

Time Session::next_timeout() const {
  Time next = Time::never();
  for (const auto& agent : agents_) next = std::min(next, agent->next_timeout());
  return next;
}

std::optional<Transmit> Session::poll_transmit() {
  for (const auto& agent : agents_) {
    if (auto transmit = agent->poll_transmit()) return transmit;
  }
  return std::nullopt;
}

std::optional<SessionEvent> Session::poll_event() {
  if (agents_.size() > 1) return events_.pop();
  auto event = agents_.front()->poll_event();
  if (!event) return std::nullopt;
  return SessionEvent{0, std::move(*event)};
}

AgentState Session::state(std::size_t first, std::size_t last) const {
  const auto any = [&](AgentState wanted) {
    return std::any_of(agents_.begin() + static_cast<std::ptrdiff_t>(first),
                       agents_.begin() + static_cast<std::ptrdiff_t>(last),
                       [wanted](const auto& agent) { return agent->state() == wanted; });
  };
  const auto none_but = [&](AgentState wanted) {
    return std::all_of(agents_.begin() + static_cast<std::ptrdiff_t>(first),
                       agents_.begin() + static_cast<std::ptrdiff_t>(last),
                       [wanted](const auto& agent) { return agent->state() == wanted; });
  };
  for (const AgentState alike : {AgentState::closed, AgentState::new_agent}) {
    if (none_but(alike)) return alike;
  }
  for (const AgentState worst : {AgentState::failed, AgentState::disconnected}) {
    if (any(worst)) return worst;
  }
  if (any(AgentState::new_agent) || any(AgentState::checking)) return AgentState::checking;
  return any(AgentState::connected) ? AgentState::connected : AgentState::completed;
}

bool Session::is_restarting() const {
  return std::any_of(agents_.begin(), agents_.end(),
                     [](const auto& agent) { return agent->is_restarting(); });
}

bool Session::has_selected_all() const {
  return std::all_of(agents_.begin(), agents_.end(),
                     [](const auto& agent) { return agent->selected_pair().has_value(); });
}

bool Session::has_gathered() const {
  return std::none_of(agents_.begin(), agents_.end(), [](const auto& agent) {
    return agent->milestones().gathering_ended.is_never();
  });
}

bool Session::failed_for_good() const {
  return std::any_of(agents_.begin(), agents_.end(),
                     [](const auto& agent) { return agent->failed_for_good(); });
}

void Session::attend(Time now) {
  if (agents_.size() == 1) return;
  for (bool quiet = false; !quiet;) {
    quiet = !collect();
    const auto last = std::find_if(agents_.begin(), agents_.end(), [&](const auto& agent) {
      return agent.get() == set_->last_starter;
    });
    const auto turn = static_cast<std::size_t>(last - agents_.begin()) + 1;
    for (std::size_t i = 0; i < agents_.size(); ++i) {
      Agent& agent = *agents_[(turn + i) % agents_.size()];
      if (agent.next_timeout() > now) continue;
      quiet = false;
      set_->turn = &agent;
      agent.handle_timeout(now);
      set_->turn = nullptr;
      if (set_->last_starter == &agent) break;
    }
  }
}

bool Session::collect() {
  bool any = false;
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    while (auto event = agents_[i]->poll_event()) {
      any = true;
      if (const auto* switched = std::get_if<RoleSwitched>(&*event)) {
        for (const auto& agent : agents_) {
          if (agent != agents_[i]) agent->adopt_role(switched->to, agents_[i]->tiebreaker());
        }
      }
      events_.push({i, std::move(*event)});
    }
  }
  return any;
}

}  // namespace natsim::ice
