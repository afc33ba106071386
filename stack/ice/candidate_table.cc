#include "stack/ice/candidate_table.h"

#include <algorithm>
#include <string>
#include <utility>

namespace natsim::ice {
namespace {

CandidateId append(std::vector<Candidate>& all, Candidate candidate) {
  all.push_back(std::move(candidate));
  return static_cast<CandidateId>(all.size() - 1);
}

}  // namespace

std::optional<CandidateId> LocalCandidates::add(Candidate candidate,
                                                std::uint16_t local_preference) {
  const auto known = std::find_if(all_.begin(), all_.end(), [&](const Candidate& other) {
    const bool untold = (hosts_hidden_ || hosts_named_) && other.type == CandidateType::host;
    return other.address == candidate.address && other.base == candidate.base &&
           other.transport == candidate.transport &&
           !(untold && candidate.type != CandidateType::host);
  });
  if (known != all_.end() && known->type != CandidateType::peer_reflexive) return std::nullopt;
  candidate.component = component_;
  candidate.priority = candidate_priority(candidate.type, local_preference, candidate.component);
  candidate.foundation = foundations_.of_local(candidate);
  if (known == all_.end()) return append(all_, std::move(candidate));
  *known = std::move(candidate);
  return static_cast<CandidateId>(known - all_.begin());
}

CandidateId LocalCandidates::add_peer_reflexive(const Endpoint& address, const Endpoint& base,
                                                std::uint32_t priority, Transport transport,
                                                TcpType tcp_type) {
  Candidate candidate;
  candidate.type = CandidateType::peer_reflexive;
  candidate.transport = transport;
  candidate.tcp_type = tcp_type;
  candidate.component = component_;
  candidate.priority = priority;
  candidate.address = address;
  candidate.base = base;
  candidate.related = base;
  candidate.foundation = foundations_.of_local(candidate);
  return append(all_, std::move(candidate));
}

std::optional<CandidateId> LocalCandidates::sender_at(const Endpoint& base,
                                                      Transport transport) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Candidate& one = all_[i];
    if (one.base == base && one.transport == transport && forms_pairs(one.type)) {
      return static_cast<CandidateId>(i);
    }
  }
  return std::nullopt;
}

std::optional<CandidateId> LocalCandidates::find(const Endpoint& address,
                                                 Transport transport) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Candidate& one = all_[i];
    if (one.address == address && one.transport == transport && !is_hidden(one)) {
      return static_cast<CandidateId>(i);
    }
  }
  return std::nullopt;
}

RemoteCandidates::Signalled RemoteCandidates::add_signalled(const Candidate& candidate) {
  if (const auto known = find(candidate.address, candidate.transport)) {
    if (is_signalled(*known)) return {.id = *known};
    all_[*known] = candidate;
    seen_at_[*known].reset();
    return {.id = *known, .replaced = true};
  }
  seen_at_.emplace_back();
  return {.id = append(all_, candidate), .is_new = true};
}

std::optional<CandidateId> RemoteCandidates::add_peer_reflexive(const Endpoint& address,
                                                                std::uint32_t priority,
                                                                CandidateId seen_at,
                                                                Transport transport) {
  const auto seen_there = std::count(seen_at_.begin(), seen_at_.end(), std::optional(seen_at));
  if (static_cast<std::size_t>(seen_there) >= max_peer_reflexive_) return std::nullopt;
  Candidate candidate;
  candidate.type = CandidateType::peer_reflexive;
  candidate.transport = transport;
  candidate.component = component_;
  candidate.priority = priority;
  candidate.address = address;
  candidate.foundation = foundations_.of_unsignalled();
  seen_at_.emplace_back(seen_at);
  return append(all_, std::move(candidate));
}

std::size_t RemoteCandidates::signalled() const {
  return static_cast<std::size_t>(std::count(seen_at_.begin(), seen_at_.end(), std::nullopt));
}

std::optional<CandidateId> RemoteCandidates::find(const Endpoint& address,
                                                  Transport transport) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Candidate& one = all_[i];
    if (one.address == address && one.transport == transport) return static_cast<CandidateId>(i);
  }
  return std::nullopt;
}

}  // namespace natsim::ice
