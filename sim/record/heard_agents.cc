#include "sim/record/heard_agents.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

namespace natsim::record {
namespace {

// A request, sent perhaps several times, what a relay sent on, and the answers; never empty.
using Transaction = std::vector<const PacketTrail*>;

// Those that began with a request, in the order in which they did.
std::vector<Transaction> transactions_of(const PacketTrails& trails) {
  std::vector<Transaction> transactions;
  absl::flat_hash_map<std::string_view, std::size_t> index;
  for (const PacketTrail& trail : trails.all()) {
    const auto known = index.find(trail.transaction);
    if (known != index.end()) {
      transactions[known->second].push_back(&trail);
    } else if (!trail.is_response) {
      index.emplace(trail.transaction, transactions.size());
      transactions.push_back({&trail});
    }
  }
  return transactions;
}

bool is_check(const Transaction& transaction) { return transaction.front()->contents.is_check; }

bool arrived_at(const PacketTrail& trail, std::string_view host) {
  return trail.fate == PacketTrail::Fate::delivered && trail.place == host;
}

struct PairEnds {
  Endpoint local;
  Endpoint remote;
  bool is_relayed = false;
};

// Where a check went from and to; of one through a relay, as the relay sent it on: none if that
// never came to it.
std::optional<PairEnds> ends_of(const Transaction& check) {
  const bool is_relayed = check.front()->contents.is_framed;
  for (const PacketTrail* const trail : check) {
    if (trail->is_response || trail->contents.is_framed) continue;
    return PairEnds{trail->source, trail->destination, is_relayed};
  }
  return std::nullopt;
}

void add_candidate(IceAgentRecord& agent, std::string type, const Endpoint& address,
                   const Endpoint& base) {
  if (!address.is_set() || agent.candidate(address) != nullptr) return;
  agent.candidates.push_back({std::move(type), address, base});
}

PairRecord& pair_of(IceAgentRecord& agent, const PairEnds& ends) {
  for (PairRecord& pair : agent.pairs) {
    if (pair.local == ends.local && pair.remote == ends.remote) return pair;
  }
  agent.remote_candidates.push_back({.address = ends.remote});
  agent.pairs.push_back({.pair = static_cast<std::int64_t>(agent.pairs.size()) + 1,
                         .local = ends.local,
                         .local_type = ends.is_relayed ? "relay" : "host",
                         .remote = ends.remote});
  return agent.pairs.back();
}

void hear_check(IceAgentRecord& agent, const Transaction& check) {
  const auto ends = ends_of(check);
  if (!ends) return;
  add_candidate(agent, ends->is_relayed ? "relay" : "host", ends->local, ends->local);
  PairRecord& pair = pair_of(agent, *ends);
  pair.transactions.push_back(check.front()->transaction);
  bool has_succeeded = false;
  std::string reason = "no response";
  for (const PacketTrail* const trail : check) {
    if (!trail->is_response || !arrived_at(*trail, agent.name)) continue;
    if (!trail->contents.is_success) {
      reason = "error response";
    } else if (!ends->is_relayed && trail->last_source != ends->remote) {
      reason = "response from another address";
    } else {
      has_succeeded = true;
    }
  }
  if (has_succeeded) {
    const StunContents& asked = check.front()->contents;
    if (asked.nominates || asked.is_controlled) agent.selected_pair = pair.pair;
    pair.state = "succeeded";
    pair.reason.clear();
  } else if (pair.state != "succeeded") {
    const bool is_under_way = check.back()->fate == PacketTrail::Fate::in_flight;
    pair.state = is_under_way ? "in-progress" : "failed";
    pair.reason = is_under_way ? "" : reason;
  }
}

// What an agent asked its servers for, and got.
class ServersOfAgent {
 public:
  void hear(IceAgentRecord& agent, const Transaction& transaction) {
    const PacketTrail& request = *transaction.front();
    const std::string_view kind = request.contents.is_allocation ? "TURN" : "STUN";
    Answers& answers = answers_[{kind, request.destination}];
    for (const PacketTrail* const trail : transaction) {
      if (!trail->is_response || !arrived_at(*trail, agent.name)) continue;
      (trail->contents.is_success ? answers.success : answers.error) = true;
      add_candidate(agent, "relay", trail->contents.relayed, trail->contents.relayed);
      if (trail->contents.mapped != request.source) {
        add_candidate(agent, "srflx", trail->contents.mapped, request.source);
      }
    }
  }

  void tell_failures(IceAgentRecord& agent) const {
    for (const auto& [server, answers] : answers_) {
      if (answers.success) continue;
      agent.server_failures.push_back({.kind = std::string(server.first),
                                       .server = server.second,
                                       .reason = answers.error ? "refused" : "did not answer"});
    }
  }

 private:
  struct Answers {
    bool success = false;
    bool error = false;
  };

  std::map<std::pair<std::string_view, Endpoint>, Answers> answers_;
};

IceAgentRecord* find(std::vector<IceAgentRecord>& agents, std::string_view name) {
  const auto found = std::find_if(agents.begin(), agents.end(),
                                  [name](const IceAgentRecord& a) { return a.name == name; });
  return found == agents.end() ? nullptr : &*found;
}

// Of the other agent's candidates; one that nobody gave was learnt from a check.
std::string type_of(const Endpoint& remote, const IceAgentRecord& agent,
                    const std::vector<IceAgentRecord>& heard, const IceHistory& known) {
  for (const auto* agents : {&heard, &known.agents()}) {
    for (const IceAgentRecord& other : *agents) {
      if (other.name == agent.name) continue;
      if (const CandidateRecord* const found = other.candidate(remote)) return found->type;
    }
  }
  return "prflx";
}

}  // namespace

std::vector<IceAgentRecord> heard_agents(const PacketTrails& trails, const IceHistory& known) {
  const std::vector<Transaction> transactions = transactions_of(trails);
  absl::flat_hash_set<std::string_view> servers;
  for (const Transaction& transaction : transactions) {
    if (is_check(transaction)) continue;
    for (const PacketTrail* const trail : transaction) {
      if (trail->is_response) servers.insert(trail->sender);
    }
  }
  std::vector<IceAgentRecord> agents;
  // Who sent first by its user name: another one that does relays.
  absl::flat_hash_map<std::string_view, std::string_view> owners;
  for (const Transaction& transaction : transactions) {
    const PacketTrail& request = *transaction.front();
    if (!is_check(transaction) || servers.contains(request.sender)) continue;
    const auto owner = owners.try_emplace(request.contents.own_fragment, request.sender).first;
    if (owner->second != request.sender || known.has(request.sender)) continue;
    IceAgentRecord* agent = find(agents, request.sender);
    if (agent == nullptr) {
      agent = &agents.emplace_back();
      agent->name = request.sender;
      agent->is_heard = true;
    }
    hear_check(*agent, transaction);
  }
  std::map<std::string_view, ServersOfAgent> asked;
  for (const Transaction& transaction : transactions) {
    const StunContents& contents = transaction.front()->contents;
    if (contents.is_check || !(contents.is_binding || contents.is_allocation)) continue;
    IceAgentRecord* const agent = find(agents, transaction.front()->sender);
    if (agent != nullptr) asked[agent->name].hear(*agent, transaction);
  }
  for (IceAgentRecord& agent : agents) {
    asked[agent.name].tell_failures(agent);
    agent.state = agent.selected_pair != 0 ? "connected" : "checking";
    for (PairRecord& pair : agent.pairs)
      pair.remote_type = type_of(pair.remote, agent, agents, known);
  }
  return agents;
}

}  // namespace natsim::record
