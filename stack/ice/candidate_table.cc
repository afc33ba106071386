#include "stack/ice/candidate_table.h"

#include <string>
#include <utility>

namespace natsim::ice {
namespace {

std::optional<CandidateId> find_address(const std::vector<Candidate>& all,
                                        const Endpoint& address) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].address == address) return static_cast<CandidateId>(i);
  }
  return std::nullopt;
}

CandidateId append(std::vector<Candidate>& all, Candidate candidate) {
  all.push_back(std::move(candidate));
  return static_cast<CandidateId>(all.size() - 1);
}

}  // namespace

std::optional<CandidateId> LocalCandidates::add(Candidate candidate,
                                                std::uint16_t local_preference) {
  for (const Candidate& other : all_) {
    if (other.address == candidate.address && other.base == candidate.base) return std::nullopt;
  }
  candidate.priority = candidate_priority(candidate.type, local_preference, candidate.component);
  candidate.foundation = foundation_of(candidate);
  return append(all_, std::move(candidate));
}

CandidateId LocalCandidates::add_peer_reflexive(const Endpoint& address, const Endpoint& base,
                                                std::uint32_t priority) {
  Candidate candidate;
  candidate.type = CandidateType::peer_reflexive;
  candidate.priority = priority;
  candidate.address = address;
  candidate.base = base;
  candidate.related = base;
  candidate.foundation = foundation_of(candidate);
  return append(all_, std::move(candidate));
}

std::optional<CandidateId> LocalCandidates::sender_at(const Endpoint& base) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (all_[i].base == base && forms_pairs(all_[i].type)) return static_cast<CandidateId>(i);
  }
  return std::nullopt;
}

std::optional<CandidateId> LocalCandidates::find(const Endpoint& address) const {
  return find_address(all_, address);
}

std::string LocalCandidates::foundation_of(const Candidate& candidate) const {
  for (const Candidate& other : all_) {
    if (other.type == candidate.type && other.base.address == candidate.base.address &&
        other.server.address == candidate.server.address) {
      return other.foundation;
    }
  }
  // The number of candidates grows with each, so it has not been a foundation before.
  return std::to_string(all_.size() + 1);
}

RemoteCandidates::Signalled RemoteCandidates::add_signalled(const Candidate& candidate) {
  if (const auto known = find(candidate.address)) {
    if (signalled_[*known]) return {.id = *known};
    all_[*known] = candidate;
    signalled_[*known] = true;
    --peer_reflexive_;
    return {.id = *known, .replaced = true};
  }
  signalled_.push_back(true);
  return {.id = append(all_, candidate), .is_new = true};
}

std::optional<CandidateId> RemoteCandidates::add_peer_reflexive(const Endpoint& address,
                                                                std::uint32_t priority) {
  if (peer_reflexive_ == max_peer_reflexive_) return std::nullopt;
  ++peer_reflexive_;
  Candidate candidate;
  candidate.type = CandidateType::peer_reflexive;
  candidate.priority = priority;
  candidate.address = address;
  // Different from any other (RFC 8445 §7.3.1.3): '~' is no ice-char, so none that is signalled.
  candidate.foundation = "~" + std::to_string(++foundations_);
  signalled_.push_back(false);
  return append(all_, std::move(candidate));
}

std::optional<CandidateId> RemoteCandidates::find(const Endpoint& address) const {
  return find_address(all_, address);
}

}  // namespace natsim::ice
