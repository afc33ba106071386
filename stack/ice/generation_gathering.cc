// A generation's candidates: its sockets, and what servers add to them (RFC 8445 §5.1).
#include <algorithm>
#include <utility>
#include <variant>

#include "stack/ice/generation.h"

namespace natsim::ice {
namespace {

constexpr std::uint16_t highest_local_preference = 65'535;

std::uint16_t preference(std::size_t rank) {
  return static_cast<std::uint16_t>(highest_local_preference -
                                    std::min<std::size_t>(rank, highest_local_preference));
}

GatherFailure reason_of(stun::BindingFailure::Reason reason) {
  switch (reason) {
    case stun::BindingFailure::Reason::timeout:
      return GatherFailure::timeout;
    case stun::BindingFailure::Reason::unusable_response:
      return GatherFailure::bad_response;
    case stun::BindingFailure::Reason::error_response:
    case stun::BindingFailure::Reason::bad_redirection:
    case stun::BindingFailure::Reason::redirection_loop:
      break;
  }
  return GatherFailure::refused;
}

Candidate make_candidate(CandidateType type, const Endpoint& address, const Endpoint& base) {
  Candidate candidate;
  candidate.type = type;
  candidate.address = address;
  candidate.base = base;
  return candidate;
}

}  // namespace

void Generation::gather_from(std::size_t base_index, Time now) {
  const Endpoint base = bases_[base_index];
  const Family family = base.address.family();
  if (options_.policy == TransportPolicy::all) {
    gathered(make_candidate(CandidateType::host, base, base), preference(base_index), now);
    if (options_.lite) return;
    for (std::size_t i = 0; i < servers_.stun.size(); ++i) {
      if (servers_.stun[i].address.family() != family) continue;
      inquiries_.push_back(
          {ServerKind::stun, base, i, preference(base_index * servers_.stun.size() + i)});
    }
  }
  // An allocation for both families takes two preferences (RFC 8445 §5.1.2.1: each is unique).
  const bool dual =
      std::any_of(servers_.turn.begin(), servers_.turn.end(),
                  [](const TurnServer& server) { return server.families == RelayFamilies::both; });
  for (std::size_t i = 0; i < servers_.turn.size(); ++i) {
    if (servers_.turn[i].address.address.family() != family) continue;
    const std::size_t rank = base_index * servers_.turn.size() + i;
    inquiries_.push_back({ServerKind::turn, base, i, preference(dual ? 2 * rank : rank)});
  }
}

void Generation::gather_tcp_from(std::size_t index, Time now) {
  if (options_.policy != TransportPolicy::all) return;
  constexpr std::size_t highest = (1U << 13) - 1;
  const auto other = static_cast<std::uint16_t>(highest - std::min(index, highest));
  for (const TcpType tcp_type : {TcpType::active, TcpType::passive}) {
    // A lite agent sends no checks, so it needs no connections of its own.
    if (tcp_type == TcpType::active && options_.lite) continue;
    Endpoint base = listeners_[index];
    if (tcp_type == TcpType::active) base.port = active_port;
    Candidate candidate = make_candidate(CandidateType::host, base, base);
    candidate.transport = Transport::tcp;
    candidate.tcp_type = tcp_type;
    gathered(std::move(candidate), tcp_local_preference(CandidateType::host, tcp_type, other), now);
  }
}

void Generation::offer_mapped_addresses(Time now) {
  if (options_.policy != TransportPolicy::all) return;
  // Behind what STUN servers tell.
  std::size_t rank = bases_.size() * servers_.stun.size();
  for (const auto& [base, mapped] : mapped_addresses_) {
    Candidate candidate = make_candidate(CandidateType::server_reflexive, mapped, base);
    candidate.related = base;
    gathered(std::move(candidate), preference(rank++), now);
  }
}

void Generation::start_inquiry(Time now) {
  const Inquiry inquiry = inquiries_.front();
  inquiries_.pop_front();
  // RTO grows with the candidates that are gathered beside each other (RFC 8445 §14.3).
  stun::TransactionTimers timers = options_.timers;
  const std::size_t servers = servers_.stun.size() + servers_.turn.size();
  timers.rto = std::max(
      timers.rto, options_.ta * static_cast<std::int64_t>(servers * bases_.size() * set_.lists()));
  if (inquiry.kind == ServerKind::stun) {
    gatherer_.ask(inquiry.base, servers_.stun[inquiry.server], inquiry.local_preference, timers,
                  now);
  } else {
    relays_.allocate(inquiry.base, servers_.turn[inquiry.server], inquiry.local_preference, timers,
                     now);
  }
}

std::optional<CandidateId> Generation::gathered(Candidate candidate, std::uint16_t local_preference,
                                                Time now) {
  const auto id = checker_.add_local(candidate, local_preference, now);
  if (!id) {
    events_.push(CandidateRedundant{std::move(candidate)});
    return id;
  }
  const bool hidden = options_.hide_host_candidates || options_.policy == TransportPolicy::relay;
  if (hidden && candidate.type == CandidateType::host) return id;
  candidate = checker_.local()[*id];
  const bool names_base =
      options_.mdns == Mdns::gather && candidate.type == CandidateType::server_reflexive;
  if (hidden || names_base) candidate.related = Endpoint();
  events_.push(CandidateGathered{*id, std::move(candidate)});
  return id;
}

void Generation::handle(const Gatherer::Result& result, Time now) {
  if (const auto* answer = std::get_if<stun::MappedAddress>(&result.outcome)) {
    Candidate candidate =
        make_candidate(CandidateType::server_reflexive, answer->mapped, result.base);
    candidate.related = result.base;
    candidate.server = result.server;
    gathered(std::move(candidate), result.local_preference, now);
    return;
  }
  const auto& failure = std::get<stun::BindingFailure>(result.outcome);
  events_.push(ServerFailed{ServerKind::stun, Transport::udp, result.server, result.base,
                            reason_of(failure.reason),
                            failure.error ? static_cast<int>(*failure.error) : 0, result.elapsed});
  use_spare_reflexive(now);
}

void Generation::handle(const RelayEvent& event, Time now) {
  if (const auto* allocated = std::get_if<RelayAllocated>(&event)) {
    // What TCP looks like to the server says nothing of UDP.
    if (options_.policy == TransportPolicy::all && allocated->transport == Transport::udp) {
      Candidate reflexive =
          make_candidate(CandidateType::server_reflexive, allocated->mapped, allocated->base);
      reflexive.related = allocated->base;
      reflexive.server = allocated->server;
      spare_reflexive_.push_back({std::move(reflexive), allocated->local_preference});
      use_spare_reflexive(now);
    }
    std::uint16_t local_preference = allocated->local_preference;
    for (const Endpoint& address : allocated->relayed) {
      Candidate relayed = make_candidate(CandidateType::relayed, address, address);
      relayed.related = allocated->mapped;
      relayed.server = allocated->server;
      relayed.server_transport = allocated->transport;
      if (const auto id = gathered(std::move(relayed), local_preference, now)) {
        relays_.assign(allocated->relay, address.address.family(), *id);
      }
      if (local_preference > 0) --local_preference;
    }
  } else if (const auto* failed = std::get_if<RelayFailed>(&event)) {
    events_.push(ServerFailed{ServerKind::turn, failed->transport, failed->server, failed->base,
                              failed->why, failed->code, failed->elapsed});
    for (const CandidateId candidate : failed->candidates) {
      checker_.lose_relay(candidate, PairReason::allocation_lost, now);
    }
  } else if (const auto* needs = std::get_if<RelayNeedsSocket>(&event)) {
    events_.push(SocketNeeded{needs->base, needs->server, needs->transport, needs->remote});
  } else if (const auto* left = std::get_if<RelayLeavesConnection>(&event)) {
    events_.push(ConnectionReleased{left->local, left->remote});
  } else if (const auto* permission = std::get_if<RelayPermission>(&event)) {
    if (permission->granted) {
      checker_.permission_ready(permission->candidate, permission->peer, now);
    } else {
      checker_.permission_failed(permission->candidate, permission->peer, permission->code, now);
    }
  }
}

void Generation::use_spare_reflexive(Time now) {
  for (std::size_t i = 0; i < spare_reflexive_.size();) {
    const Endpoint base = spare_reflexive_[i].candidate.base;
    const bool stun_may_tell =
        gatherer_.knows(base) ||
        std::any_of(inquiries_.begin(), inquiries_.end(), [&](const Inquiry& inquiry) {
          return inquiry.kind == ServerKind::stun && inquiry.base == base;
        });
    if (stun_may_tell) {
      ++i;
      continue;
    }
    SpareReflexive spare = std::move(spare_reflexive_[i]);
    spare_reflexive_.erase(spare_reflexive_.begin() + static_cast<std::ptrdiff_t>(i));
    gathered(std::move(spare.candidate), spare.local_preference, now);
  }
}

void Generation::end_gathering_if_done(Time now) {
  if (gathering_started_.is_never() || !gathering_ended_.is_never()) return;
  if (checker_.state() == AgentState::closed) return;
  if (!inquiries_.empty() || gatherer_.open() != 0 || relays_.open() != 0) return;
  gathering_ended_ = now;
  events_.push(GatheringComplete{});
  checker_.end_of_local(now);
}

}  // namespace natsim::ice
