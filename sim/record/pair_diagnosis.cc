#include "sim/record/pair_diagnosis.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/record/remedy.h"
#include "sim/record/trail_groups.h"

namespace natsim::record {

using core::DropReason;
using Fate = PacketTrail::Fate;

namespace {

// How much an end tells about why the call did not come about.
int weight_of(DropReason reason, const Endpoint& destination) {
  switch (reason) {
    case DropReason::nat_filtered_address:
    case DropReason::nat_filtered_port:
    case DropReason::nat_ports_exhausted:
    case DropReason::nat_table_full:
    case DropReason::nat_host_limit:
    case DropReason::firewall_rule:
    case DropReason::firewall_udp_blocked:
    case DropReason::firewall_port_not_allowed:
    case DropReason::captive_portal:
      return 9;
    case DropReason::nat_hairpin_off:
      return 8;
    case DropReason::nat_mapping_expired:
    case DropReason::nat_no_mapping:
    case DropReason::firewall_no_state:
    case DropReason::firewall_state_expired:
      return 7;
    default:
      return destination.address.is_private() ? 1 : 5;
  }
}

// An answer from where the check did not go: that of a NAT that gave it another port.
constexpr int weight_of_other_source = 6;
// Obstacles of at least this weight are NATs', which a relay gets round.
constexpr int least_weight_for_a_relay = 6;

// Builds the diagnosis of one pair.
class PairStory {
 public:
  PairStory(const IceHistory& ice, const PacketTrails& trails, const NatHistory& nats,
            const IceAgentRecord& agent, const PairRecord& pair)
      : trails_(trails), nats_(nats), agent_(agent), peer_(ice.peer_of(agent, pair.remote)) {
    diagnosis_.agent = agent.name;
    diagnosis_.peer = peer_ == nullptr ? "the peer" : peer_->name;
    diagnosis_.pair = pair;
    diagnosis_.likeness =
        fmt::format("{} {} {} {} {} {}", agent.name, to_string(pair.local), pair.remote_type,
                    to_string(pair.remote.address), pair.state, pair.reason);
  }

  PairDiagnosis tell() && {
    std::vector<const PacketTrail*> all;
    for (const std::string& transaction : diagnosis_.pair.transactions) {
      const auto some = trails_.of_transaction(transaction);
      all.insert(all.end(), some.begin(), some.end());
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto* a, const auto* b) { return a->sent < b->sent; });
    if (diagnosis_.pair.transport == "tcp") {
      tell_tcp();
    } else if (all.empty()) {
      say(fmt::format("{} never sent a check on it.", agent_.name));
      decide(0, fmt::format("{} never checked its pair with {}'s {} candidate {}", agent_.name,
                            diagnosis_.peer, diagnosis_.pair.remote_type,
                            to_string(diagnosis_.pair.remote)));
    }
    for (const TrailGroup& group : group_trails(all)) tell_group(group);
    add_relay();
    return std::move(diagnosis_);
  }

 private:
  void say(std::string sentence) { diagnosis_.story.push_back(std::move(sentence)); }

  void decide(int weight, std::string headline) {
    if (!diagnosis_.headline.empty() && weight <= diagnosis_.weight) return;
    diagnosis_.weight = weight;
    diagnosis_.headline = std::move(headline);
  }

  void propose(const std::vector<std::string>& changes) {
    for (const std::string& change : changes) {
      auto& known = diagnosis_.changes;
      if (std::find(known.begin(), known.end(), change) == known.end()) known.push_back(change);
    }
  }

  // "alice sent checks", "bob answered", "server relayed checks".
  [[nodiscard]] std::string sending(const PacketTrail& trail) const {
    if (trail.sender == agent_.name) {
      return fmt::format("{} sent {}", trail.sender, trail.is_response ? "answers" : "checks");
    }
    if (peer_ != nullptr && trail.sender == peer_->name) {
      return fmt::format("{} {}", trail.sender, trail.is_response ? "answered" : "sent checks");
    }
    return fmt::format("{} relayed {}", trail.sender, trail.is_response ? "answers" : "checks");
  }

  // Segments are told of by none: what its checks were in is a stream.
  void tell_tcp() {
    const std::string to =
        fmt::format("{}'s {} candidate {}", diagnosis_.peer, diagnosis_.pair.remote_type,
                    to_string(diagnosis_.pair.remote));
    say(fmt::format("Over TCP, {} was to connect to {}.", agent_.name, to));
    decide(0, fmt::format("{}'s TCP connection to {} brought nothing ({})", agent_.name, to,
                          diagnosis_.pair.reason));
  }

  void tell_group(const TrailGroup& group) {
    const PacketTrail& trail = *group.last;
    diagnosis_.likeness +=
        fmt::format("|{} {} {} {} {}", trail.sender, trail.is_response,
                    static_cast<int>(trail.fate), trail.place, name(trail.reason));
    say(fmt::format("{} {}, from {} to {}.", sending(trail), times_of(group),
                    to_string(trail.source), to_string(trail.destination)));
    for (const TranslationStep& step : trail.translations) tell_translation(step, group);
    switch (trail.fate) {
      case Fate::in_flight:
        say(fmt::format("{} still on the way at the end.",
                        group.count == 1 ? "It was" : "They were"));
        break;
      case Fate::delivered:
        tell_delivery(group);
        break;
      case Fate::dropped:
        tell_death(group);
        break;
    }
  }

  void tell_translation(const TranslationStep& step, const TrailGroup& group) {
    const std::string_view it = group.count == 1 ? "it" : "them";
    const NatRecord* const nat = nats_.find(step.nat);
    if (nat == nullptr) return;
    const Time at = group.last->ended;
    if (step.old_source == step.source) {
      say(fmt::format("{} let {} in to {}, which has {} there.", nat->title(at), it,
                      to_string(step.destination), to_string(step.old_destination)));
      return;
    }
    const std::string towards =
        nat->options_at(at).mapping == nat::Dependence::endpoint_independent
            ? std::string()
            : fmt::format(", its port for {}", to_string(step.old_destination));
    say(fmt::format("{} sent {} on from {}{}.", nat->title(at), it, to_string(step.source),
                    towards));
    // Where nobody looks at the source, it does not matter that another one was signalled.
    if (group.last->fate == Fate::delivered || group.last->is_filtered())
      tell_signalled(*nat, step);
  }

  // The port that the NAT gave for this destination may not be the one that was signalled.
  void tell_signalled(const NatRecord& nat, const TranslationStep& step) {
    for (const IceAgentRecord* agent : {&agent_, peer_}) {
      if (agent == nullptr) continue;
      for (const CandidateRecord& candidate : agent->candidates) {
        const MappingRecord* const mapping =
            candidate.type == "srflx" ? nat.with_external(candidate.address, Time::never())
                                      : nullptr;
        if (mapping == nullptr || mapping->internal != step.old_source ||
            candidate.address == step.source) {
          continue;
        }
        const std::string how = mapping->first_remote.is_set()
                                    ? "given it for " + to_string(mapping->first_remote)
                                    : "mapped as it was asked to";
        say(fmt::format(
            "But {} had signalled {}, port {}, which {} had {}; for {} it gave port {}.",
            agent->name, to_string(candidate.address), candidate.address.port, nat.name, how,
            to_string(step.old_destination), step.source.port));
        mismatch_ = fmt::format(
            "{} gave port {} for that destination, while {} had signalled port "
            "{}",
            nat.name, step.source.port, agent->name, candidate.address.port);
      }
    }
  }

  void tell_delivery(const TrailGroup& group) {
    const PacketTrail& trail = *group.last;
    say(fmt::format("{} arrived at {}.", group.count == 1 ? "It" : "They", trail.place));
    const bool back = trail.is_response && trail.place == agent_.name;
    if (!back || diagnosis_.pair.local_type == "relay" ||
        trail.last_source == diagnosis_.pair.remote) {
      return;
    }
    say(
        fmt::format("But the answer came from {} and not from {}, where the check had gone: ICE "
                    "takes no such answer (RFC 8445 section 7.2.5.2.1).",
                    to_string(trail.last_source), to_string(diagnosis_.pair.remote)));
    decide(weight_of_other_source,
           fmt::format("{}'s answers to {}'s checks left from {}, not from {} where the checks "
                       "went, so ICE could not take them",
                       diagnosis_.peer, agent_.name, to_string(trail.last_source),
                       to_string(diagnosis_.pair.remote)));
    for (const TranslationStep& step : trail.translations) {
      const NatRecord* const nat = nats_.find(step.nat);
      if (nat == nullptr || step.source == step.old_source ||
          nat->options_at(trail.ended).mapping == nat::Dependence::endpoint_independent) {
        continue;
      }
      say(
          fmt::format("{} gives each destination another port, so whatever {} answers comes from "
                      "an address that {} has not checked yet: the two chase one another.",
                      nat->name, diagnosis_.peer, agent_.name));
      const MappingRecord* const kept = nat->first_of(step.old_source, trail.ended);
      if (kept == nullptr) continue;
      propose(
          {fmt::format("{} keeping {} on {} for every destination (endpoint-independent "
                       "mapping, EIM): all answers would come from there",
                       nat->name, to_string(kept->internal), to_string(kept->external))});
    }
  }

  void tell_death(const TrailGroup& group) {
    const PacketTrail& trail = *group.last;
    const NatRecord* const nat = nats_.find(trail.where);
    say(fmt::format("{} dropped {}: {}, {}.",
                    nat == nullptr ? trail.place : nat->title(trail.ended),
                    group.count == 1 ? "it" : fmt::format("all {}", group.count),
                    name(trail.reason), describe(trail.reason)));
    if (!trail.note.empty()) say(fmt::format("Looked up there: {}.", trail.note));
    if (nat != nullptr && trail.is_filtered()) tell_other_port(*nat, trail);
    const Endpoint& to = trail.last_destination;
    const bool unreachable = trail.reason == DropReason::no_route && to.address.is_private();
    if (unreachable) {
      say(
          fmt::format("{} is a private address: only hosts of the same network can reach it, and "
                      "for the others such a pair fails as it should.",
                      to_string(to.address)));
    }
    decide(
        weight_of(trail.reason, to),
        fmt::format("{}'s {} from {} to {} died at {} ({}): {}", trail.sender,
                    trail.is_response ? "answers" : "checks", to_string(trail.last_source),
                    to_string(to), trail.place, name(trail.reason),
                    mismatch_.empty() ? std::string(describe(trail.reason))
                                      : fmt::format("{}; {}", describe(trail.reason), mismatch_)));
    FilteredPacket filtered = filtered_packet(trail, nats_);
    if (trail.is_response && diagnosis_.pair.local_type != "relay") {
      filtered.expected_source = diagnosis_.pair.remote;
    }
    propose(smallest_changes(filtered));
    propose(other_changes(trail, nats_));
  }

  // The host behind the filter may have sent to the source, but through another port.
  void tell_other_port(const NatRecord& nat, const PacketTrail& trail) {
    const MappingRecord* const refused_by = nat.with_external(trail.last_destination, trail.ended);
    if (refused_by == nullptr) return;
    for (const MappingRecord& other : nat.mappings) {
      const std::vector<Endpoint> contacts = contacts_at(other, trail.ended);
      if (other.internal != refused_by->internal || other.external == refused_by->external ||
          std::find(contacts.begin(), contacts.end(), trail.last_source) == contacts.end()) {
        continue;
      }
      say(
          fmt::format("For {} the NAT had given {} another port, {}; the packets went to the "
                      "signalled one, {}.",
                      to_string(trail.last_source), to_string(other.internal), other.external.port,
                      refused_by->external.port));
      mismatch_ = fmt::format("for that peer {} had given port {}, while port {} was signalled",
                              nat.name, other.external.port, refused_by->external.port);
    }
  }

  // A relay carries what NATs stop; it does not help where the addresses make no sense.
  void add_relay() {
    const bool has_relay = agent_.has_candidate_type("relay") ||
                           (peer_ != nullptr && peer_->has_candidate_type("relay"));
    if (has_relay || diagnosis_.weight < least_weight_for_a_relay) return;
    for (const IceAgentRecord* const side : {&agent_, peer_}) {
      const auto* const failure = side == nullptr ? nullptr : side->failure_of("TURN");
      if (failure == nullptr) continue;
      return propose(
          {fmt::format("the relayed address that the TURN server {} did not give {}: it {}",
                       to_string(failure->server), side->name, failure->reason)});
    }
    propose({std::string(relay_change)});
  }

  const PacketTrails& trails_;
  const NatHistory& nats_;
  const IceAgentRecord& agent_;
  const IceAgentRecord* peer_;  // null if it is not known
  PairDiagnosis diagnosis_;
  std::string mismatch_;  // the clause about the latest port that was not the signalled one
};

}  // namespace

std::vector<PairDiagnosis> diagnose_pairs(const IceHistory& ice, const PacketTrails& trails,
                                          const NatHistory& nats) {
  std::vector<PairDiagnosis> diagnoses;
  for (const IceAgentRecord& agent : ice.agents()) {
    for (const PairRecord& pair : agent.pairs) {
      const bool unfinished = agent.selected_pair == 0 && pair.state != "succeeded";
      if (pair.state != "failed" && !unfinished) continue;
      diagnoses.push_back(PairStory(ice, trails, nats, agent, pair).tell());
    }
  }
  return diagnoses;
}

}  // namespace natsim::record
