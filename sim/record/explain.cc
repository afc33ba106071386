#include "sim/record/explain.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/record/agent_diagnosis.h"
#include "sim/record/drops.h"
#include "sim/record/heard_agents.h"
#include "sim/record/ice_history.h"
#include "sim/record/nat_history.h"
#include "sim/record/packet_trails.h"
#include "sim/record/pair_diagnosis.h"
#include "sim/record/remedy.h"

namespace natsim::record {

struct Explainer::Histories {
  explicit Histories(const core::World& world)
      : ice(world), nats(world), trails(world), drops(world) {}

  // With the agents that are known by their packets alone.
  [[nodiscard]] IceHistory agents() const {
    IceHistory all = ice;
    for (IceAgentRecord& agent : heard_agents(trails, ice)) all.add(std::move(agent));
    return all;
  }

  IceHistory ice;  // of the agents that tell
  NatHistory nats;
  PacketTrails trails;
  DropLedger drops;
};

Explainer::Explainer(const core::World& world) : histories_(std::make_unique<Histories>(world)) {}

Explainer::~Explainer() = default;

void Explainer::on_packet(const core::PacketEvent& event) {
  histories_->nats.on_packet(event);
  histories_->trails.on_packet(event);
  histories_->drops.on_packet(event);
}

void Explainer::on_mapping(const core::MappingEvent& event) { histories_->nats.on_mapping(event); }

void Explainer::on_agent(const core::AgentEvent& event) { histories_->ice.on_agent(event); }

namespace {

constexpr std::size_t text_columns = 100;

// Appends `text`, broken between words, with `first` in front and the following lines indented as
// deep.
void append_wrapped(std::string& out, std::string_view first, std::string_view text) {
  const std::size_t room = text_columns - first.size();
  std::string lead(first);
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > room) {
      length = text.rfind(' ', room);
      if (length == std::string_view::npos) length = text.find(' ');
      if (length == std::string_view::npos) length = text.size();
    }
    out += lead;
    out += text.substr(0, length);
    out += '\n';
    text.remove_prefix(std::min(text.size(), length + 1));
    lead.assign(first.size(), ' ');
  }
}

std::string title_of(const PairDiagnosis& diagnosis) {
  const PairRecord& pair = diagnosis.pair;
  return fmt::format("{}, pair {}: {} {} with {}'s {} {}: {}{}", diagnosis.agent, pair.pair,
                     pair.local_type, to_string(pair.local), diagnosis.peer, pair.remote_type,
                     to_string(pair.remote), pair.state,
                     pair.reason.empty() ? "" : fmt::format(" ({})", pair.reason));
}

void append_pair(std::string& out, const PairDiagnosis& diagnosis) {
  append_wrapped(out, "", title_of(diagnosis));
  for (const std::string& sentence : diagnosis.story) append_wrapped(out, "  ", sentence);
  if (!diagnosis.changes.empty()) out += "  What would have let it through:\n";
  for (const std::string& change : diagnosis.changes) append_wrapped(out, "    - ", change);
  out += '\n';
}

// Of pairs that failed alike the first is told, the others are named.
void append_pairs(std::string& out, const std::vector<PairDiagnosis>& pairs) {
  for (auto pair = pairs.begin(); pair != pairs.end(); ++pair) {
    const auto is_like = [pair](const PairDiagnosis& other) {
      return other.likeness == pair->likeness;
    };
    if (std::any_of(pairs.begin(), pair, is_like)) continue;
    append_pair(out, *pair);
    std::string others;
    for (auto other = pair + 1; other != pairs.end(); ++other) {
      if (!is_like(*other)) continue;
      others += fmt::format("{}{} with {}", others.empty() ? "" : ", ", other->pair.pair,
                            to_string(other->pair.remote));
    }
    if (others.empty()) continue;
    append_wrapped(out, "  ",
                   fmt::format("{}'s pairs that failed alike: {}.", pair->agent, others));
    out += '\n';
  }
}

// What would have let the first of them through, where a NAT dropped them.
std::vector<std::string> changes_for(const Drops& drops, const NatHistory& nats) {
  if (nats.find(drops.where) == nullptr) return {};
  PacketTrail first;
  first.ended = drops.first;
  first.where = drops.where;
  first.place = drops.place;
  first.reason = drops.reason;
  first.last_source = drops.source;
  first.last_destination = drops.destination;
  return other_changes(first, nats);
}

void append_drops(std::string& out, const std::vector<Drops>& drops, const NatHistory& nats) {
  if (drops.empty()) {
    out += "No packet was dropped.\n";
    return;
  }
  out += "Dropped packets, by place and reason:\n";
  for (const Drops& d : drops) {
    const std::string when = d.count == 1 ? fmt::format("at {}", to_string(d.first))
                                          : fmt::format("{} times between {} and {}", d.count,
                                                        to_string(d.first), to_string(d.last));
    append_wrapped(
        out, "  ",
        fmt::format("{}: {}, {}; {}{} {} -> {}{}", d.place, name(d.reason), describe(d.reason),
                    when, d.count == 1 ? ":" : ", first", to_string(d.source),
                    to_string(d.destination), d.note.empty() ? "" : fmt::format(" ({})", d.note)));
    for (const std::string& change : changes_for(d, nats)) {
      append_wrapped(out, "    - ", "What would have let it through: " + change);
    }
  }
}

}  // namespace

std::string Explainer::text() const {
  std::string out;
  const IceHistory ice = histories_->agents();
  for (const AgentDiagnosis& agent : diagnose_agents(ice, histories_->trails)) {
    if (agent.notes.empty()) continue;
    out += agent.agent + ":\n";
    for (const std::string& note : agent.notes) append_wrapped(out, "  ", note);
    out += '\n';
  }
  const std::vector<PairDiagnosis> pairs =
      diagnose_pairs(ice, histories_->trails, histories_->nats);
  append_pairs(out, pairs);
  if (pairs.empty() && !ice.agents().empty()) out += "No candidate pair failed.\n\n";
  append_drops(out, histories_->drops.drops(), histories_->nats);
  return out;
}

nlohmann::ordered_json Explainer::to_json() const {
  using Json = nlohmann::ordered_json;
  const IceHistory ice = histories_->agents();
  Json pairs = Json::array();
  for (const PairDiagnosis& d : diagnose_pairs(ice, histories_->trails, histories_->nats)) {
    pairs.push_back({{"agent", d.agent},
                     {"pair", d.pair.pair},
                     {"local", to_string(d.pair.local)},
                     {"local_type", d.pair.local_type},
                     {"remote", to_string(d.pair.remote)},
                     {"remote_type", d.pair.remote_type},
                     {"remote_agent", d.peer},
                     {"state", d.pair.state},
                     {"reason", d.pair.reason},
                     {"story", d.story},
                     {"changes", d.changes}});
  }
  Json agents = Json::array();
  for (const AgentDiagnosis& d : diagnose_agents(ice, histories_->trails)) {
    agents.push_back(
        {{"agent", d.agent}, {"state", d.state}, {"selected", d.selected}, {"notes", d.notes}});
  }
  Json drops = Json::array();
  for (const Drops& d : histories_->drops.drops()) {
    drops.push_back(
        {{"place", d.place},
         {"reason", name(d.reason)},
         {"count", d.count},
         {"first", d.first.to_seconds()},
         {"last", d.last.to_seconds()},
         {"example", fmt::format("{} -> {}", to_string(d.source), to_string(d.destination))},
         {"note", d.note},
         {"changes", changes_for(d, histories_->nats)}});
  }
  return {{"pairs", pairs}, {"agents", agents}, {"drops", drops}};
}

std::string Explainer::why_not_connected() const {
  const IceHistory ice = histories_->agents();
  const std::vector<AgentDiagnosis> agents = diagnose_agents(ice, histories_->trails);
  if (std::all_of(agents.begin(), agents.end(),
                  [](const AgentDiagnosis& a) { return a.selected; })) {
    return {};
  }
  // A pair that works has only not been chosen yet.
  for (const IceAgentRecord& agent : ice.agents()) {
    if (agent.selected_pair != 0) continue;
    for (const PairRecord& pair : agent.pairs) {
      if (pair.state != "succeeded") continue;
      const bool relayed = pair.local_type == "relay" || pair.remote_type == "relay";
      return fmt::format(
          "{}'s {} {} reached the peer's {} {}, but no pair had been selected by then{}: wait "
          "longer.",
          agent.name, pair.local_type, to_string(pair.local), pair.remote_type,
          to_string(pair.remote),
          relayed ? ", for a relayed one waits until the others have had their chance" : "");
    }
  }
  const std::vector<PairDiagnosis> pairs =
      diagnose_pairs(ice, histories_->trails, histories_->nats);
  const auto decisive = std::max_element(
      pairs.begin(), pairs.end(),
      [](const PairDiagnosis& a, const PairDiagnosis& b) { return a.weight < b.weight; });
  // What an agent lacked before there were pairs tells more than what became of its pairs.
  std::string text;
  const auto lacking = std::find_if(agents.begin(), agents.end(), [](const AgentDiagnosis& a) {
    return !a.selected && a.lacks_candidates;
  });
  const auto unrelayed = std::find_if(agents.begin(), agents.end(), [](const AgentDiagnosis& a) {
    return !a.selected && !a.turn_failure.empty();
  });
  if (unrelayed != agents.end()) {
    text = unrelayed->turn_failure;
  } else if (lacking != agents.end()) {
    text = lacking->notes.front();
  }
  if (decisive == pairs.end()) {
    return text.empty() ? "No candidate pair was ever formed." : text;
  }
  text += fmt::format("{}{}.", text.empty() ? "" : " ", decisive->headline);
  if (lacking != agents.end()) return text;
  const std::vector<std::string>& changes = decisive->changes;
  if (changes.empty()) return text;
  if (unrelayed != agents.end()) return text + " A relayed address would have got round that.";
  const bool or_relay = changes.size() > 1 && changes.back() == relay_change;
  return text + fmt::format(" What would have let it through: {}{}.", changes.front(),
                            or_relay ? "; or a TURN server" : "");
}

std::string Explainer::why_failed() const {
  if (!histories_->agents().agents().empty()) return why_not_connected();
  const auto is_loss = [](core::DropReason reason) {
    return reason == core::DropReason::random_loss || reason == core::DropReason::burst_loss;
  };
  const Drops* most = nullptr;
  for (const Drops& drops : histories_->drops.drops()) {
    if (!is_loss(drops.reason) && (most == nullptr || drops.count > most->count)) most = &drops;
  }
  if (most == nullptr) return {};
  std::string text = fmt::format(
      "{} dropped {}from {} to {} ({}): {}{}.", most->place,
      most->count == 1 ? "the packet " : fmt::format("{} packets, first that ", most->count),
      to_string(most->source), to_string(most->destination), name(most->reason),
      describe(most->reason), most->note.empty() ? "" : fmt::format(" ({})", most->note));
  const std::vector<std::string> changes = changes_for(*most, histories_->nats);
  if (!changes.empty()) {
    text += fmt::format(" What would have let it through: {}.", changes.front());
  }
  return text;
}

}  // namespace natsim::record
