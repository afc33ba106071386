#include "sim/record/agent_diagnosis.h"

#include <fmt/format.h>

#include "sim/record/trail_groups.h"

namespace natsim::record {
namespace {

std::string fate_of(const PacketTrail& trail) {
  switch (trail.fate) {
    case PacketTrail::Fate::in_flight:
      return "still on the way at the end";
    case PacketTrail::Fate::delivered:
      return fmt::format("arrived at {}", trail.place);
    case PacketTrail::Fate::dropped:
      break;
  }
  return fmt::format("dropped by {}: {}, {}{}", trail.place, name(trail.reason),
                     describe(trail.reason),
                     trail.note.empty() ? "" : fmt::format(" ({})", trail.note));
}

std::string upper(std::string word) {
  for (char& letter : word) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return word;
}

// What became of the agent's packets to a server and of the answers.
void tell_server(const IceAgentRecord& agent, const IceAgentRecord::ServerFailure& failure,
                 const PacketTrails& trails, std::vector<std::string>& notes) {
  const std::string over = failure.transport.empty() ? "" : " over " + upper(failure.transport);
  const std::string how = failure.connection.empty() ? "" : " (" + failure.connection + ")";
  notes.push_back(fmt::format("{} got no candidate from the {} server {}{}: it {}{}.", agent.name,
                              failure.kind, to_string(failure.server), over, failure.reason, how));
  for (const TrailGroup& group : group_trails(trails.with_server(agent.name, failure.server))) {
    const PacketTrail& trail = *group.last;
    notes.push_back(fmt::format("{} sent {} to {} {}: {}.", trail.sender,
                                trail.is_response ? "answers" : "requests",
                                to_string(trail.destination), times_of(group), fate_of(trail)));
  }
}

// "alice->bob" is bob's loss as well as alice's.
bool concerns(const SignalLosses& losses, const std::string& agent) {
  return losses.channel.starts_with(agent + "->") || losses.channel.ends_with("->" + agent);
}

}  // namespace

std::vector<AgentDiagnosis> diagnose_agents(const IceHistory& ice, const PacketTrails& trails) {
  std::vector<AgentDiagnosis> diagnoses;
  for (const IceAgentRecord& agent : ice.agents()) {
    AgentDiagnosis diagnosis{
        .agent = agent.name, .state = agent.state, .selected = agent.selected_pair != 0};
    const bool only_hosts = !agent.has_candidate_type("srflx") &&
                            !agent.has_candidate_type("prflx") &&
                            !agent.has_candidate_type("relay");
    diagnosis.lacks_candidates = agent.candidates.empty() || agent.remote_candidates.empty() ||
                                 (!agent.server_failures.empty() && only_hosts);
    std::vector<std::string>& notes = diagnosis.notes;
    for (const auto& failure : agent.server_failures) tell_server(agent, failure, trails, notes);
    if (const auto* const failure = agent.failure_of("TURN")) {
      diagnosis.turn_failure = fmt::format("{} has no relayed candidate: the TURN server {} {}.",
                                           agent.name, to_string(failure->server), failure->reason);
    }
    for (const SignallingOutage& outage : ice.outages()) {
      if (outage.host != agent.name) continue;
      notes.push_back(fmt::format("{}'s connection to its signalling server failed {} times: {}.",
                                  agent.name, outage.times, outage.reason));
    }
    if (agent.candidates.empty()) {
      notes.push_back(fmt::format("{} has no candidate of its own.", agent.name));
    }
    if (agent.remote_candidates.empty()) {
      notes.push_back(fmt::format("{} never learnt a candidate of its peer.", agent.name));
    }
    for (const SignalLosses& losses : ice.signal_losses()) {
      if (!concerns(losses, agent.name)) continue;
      notes.push_back(fmt::format("Signalling {}: {} lost {} times.", losses.channel, losses.what,
                                  losses.times));
    }
    if (!agent.consent_lost.is_never()) {
      notes.push_back(
          fmt::format("{} lost its peer's consent at {}: its consent checks were not "
                      "answered, or, if it is lite, it heard none of its peer's (RFC 7675).",
                      agent.name, to_string(agent.consent_lost)));
    }
    if (agent.is_heard) {
      notes.push_back(fmt::format(
          "{} says nothing of its ICE agent: what is told of it is read from its packets.",
          agent.name));
    }
    diagnoses.push_back(std::move(diagnosis));
  }
  return diagnoses;
}

}  // namespace natsim::record
