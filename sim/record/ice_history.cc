#include "sim/record/ice_history.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "sim/record/place.h"

namespace natsim::record {
namespace {

// The field of that name and type; the type's default if there is none.
template <typename T>
T value_of(const core::AgentEvent& event, std::string_view name) {
  using Stored = std::conditional_t<std::is_same_v<T, std::string>, std::string_view, T>;
  for (const core::Field& field : event.fields) {
    if (field.name != name) continue;
    if (const auto* value = std::get_if<Stored>(&field.value)) return T(*value);
  }
  return T{};
}

CandidateRecord candidate_in(const core::AgentEvent& event) {
  return {.type = value_of<std::string>(event, "type"),
          .address = value_of<Endpoint>(event, "address"),
          .base = value_of<Endpoint>(event, "base")};
}

PairRecord* find_pair(IceAgentRecord& agent, std::int64_t pair) {
  const auto found = std::find_if(agent.pairs.begin(), agent.pairs.end(),
                                  [pair](const PairRecord& p) { return p.pair == pair; });
  return found == agent.pairs.end() ? nullptr : &*found;
}

}  // namespace

bool IceAgentRecord::has_candidate_type(std::string_view type) const {
  return std::any_of(candidates.begin(), candidates.end(),
                     [type](const CandidateRecord& c) { return c.type == type; });
}

const IceAgentRecord::ServerFailure* IceAgentRecord::failure_of(std::string_view kind) const {
  const auto found = std::find_if(server_failures.rbegin(), server_failures.rend(),
                                  [kind](const ServerFailure& f) { return f.kind == kind; });
  return found == server_failures.rend() ? nullptr : &*found;
}

const CandidateRecord* IceAgentRecord::candidate(const Endpoint& address) const {
  const auto found =
      std::find_if(candidates.begin(), candidates.end(),
                   [&address](const CandidateRecord& c) { return c.address == address; });
  return found == candidates.end() ? nullptr : &*found;
}

void IceHistory::on_agent(const core::AgentEvent& event) {
  if (event.kind == "signal.lost") return on_signal_lost(event);
  if (event.kind == "room.lost") return on_room_lost(event);
  if (!event.kind.starts_with("ice.")) return;
  const auto [entry, is_new] = index_.try_emplace(event.agent, agents_.size());
  if (is_new) {
    agents_.push_back({.name = std::string(host_name(place_name(world_, event.agent)))});
  }
  IceAgentRecord& agent = agents_[entry->second];
  const std::string_view what = event.kind.substr(4);
  if (what == "candidate") {
    agent.candidates.push_back(candidate_in(event));
  } else if (what == "remote_candidate") {
    agent.remote_candidates.push_back(candidate_in(event));
  } else if (what == "gathering_failed") {
    const auto server = value_of<Endpoint>(event, "server");
    auto transport = value_of<std::string>(event, "transport");
    auto connection = agent.lost_connections[{server, transport}];
    agent.server_failures.push_back({value_of<std::string>(event, "kind"), server,
                                     value_of<std::string>(event, "reason"), std::move(transport),
                                     std::move(connection)});
  } else if (what == "connection") {
    agent.lost_connections[{value_of<Endpoint>(event, "server"),
                            value_of<std::string>(event, "transport")}] =
        value_of<std::string>(event, "reason");
  } else if (what == "pair") {
    on_pair(agent, event);
  } else if (what == "check") {
    PairRecord* const pair = find_pair(agent, value_of<std::int64_t>(event, "pair"));
    // A retransmission has the transaction of the check before it.
    if (pair != nullptr && value_of<std::int64_t>(event, "retransmission") == 0) {
      pair->transactions.push_back(value_of<std::string>(event, "transaction"));
    }
  } else if (what == "selected") {
    agent.selected_pair = value_of<std::int64_t>(event, "pair");
  } else if (what == "state") {
    agent.state = value_of<std::string>(event, "state");
  } else if (what == "consent_lost") {
    agent.consent_lost = event.at;
  }
}

void IceHistory::on_pair(IceAgentRecord& agent, const core::AgentEvent& event) {
  const auto number = value_of<std::int64_t>(event, "pair");
  PairRecord* pair = find_pair(agent, number);
  if (pair == nullptr) {
    agent.pairs.push_back({.pair = number,
                           .local = value_of<Endpoint>(event, "local"),
                           .local_type = value_of<std::string>(event, "local_type"),
                           .remote = value_of<Endpoint>(event, "remote"),
                           .remote_type = value_of<std::string>(event, "remote_type"),
                           .transport = value_of<std::string>(event, "transport")});
    pair = &agent.pairs.back();
  }
  pair->state = value_of<std::string>(event, "state");
  pair->reason = value_of<std::string>(event, "reason");
}

void IceHistory::on_signal_lost(const core::AgentEvent& event) {
  const std::string channel = place_name(world_, event.agent);
  const auto what = value_of<std::string>(event, "what");
  const std::int64_t times = std::max<std::int64_t>(1, value_of<std::int64_t>(event, "times"));
  for (SignalLosses& losses : signal_losses_) {
    if (losses.channel == channel && losses.what == what) {
      losses.times += times;
      return;
    }
  }
  signal_losses_.push_back({channel, what, times});
}

void IceHistory::on_room_lost(const core::AgentEvent& event) {
  const std::string host(host_name(place_name(world_, event.agent)));
  const auto reason = value_of<std::string>(event, "reason");
  const auto known = std::find_if(outages_.begin(), outages_.end(), [&](const auto& outage) {
    return outage.host == host && outage.reason == reason;
  });
  if (known == outages_.end()) {
    outages_.push_back({host, reason, 1});
  } else {
    ++known->times;
  }
}

bool IceHistory::has(std::string_view agent) const {
  return std::any_of(agents_.begin(), agents_.end(),
                     [agent](const IceAgentRecord& a) { return a.name == agent; });
}

const IceAgentRecord* IceHistory::peer_of(const IceAgentRecord& agent,
                                          const Endpoint& remote) const {
  const IceAgentRecord* only_other = nullptr;
  int others = 0;
  for (const IceAgentRecord& other : agents_) {
    if (&other == &agent) continue;
    if (other.candidate(remote) != nullptr) return &other;
    only_other = &other;
    ++others;
  }
  return others == 1 ? only_other : nullptr;
}

}  // namespace natsim::record
