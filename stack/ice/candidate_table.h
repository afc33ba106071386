// The candidates of both sides: local ones with their foundations, remote ones with how they became
// known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stack/ice/candidate.h"
#include "stack/ice/foundations.h"

namespace natsim::ice {

class LocalCandidates {
 public:
  // With `hosts_hidden` the peer never hears of host candidates: a reflexive candidate with the
  // address of one is not redundant, and the address means the reflexive one. With `hosts_named` it
  // hears of their names, which tell it nothing where it cannot resolve them: such a reflexive
  // candidate is not redundant either.
  LocalCandidates(Foundations& foundations, std::uint8_t component, bool hosts_hidden,
                  bool hosts_named = false)
      : foundations_(foundations),
        component_(component),
        hosts_hidden_(hosts_hidden),
        hosts_named_(hosts_named) {}

  // Adds a gathered candidate and gives it component, priority and foundation. If it is known as
  // peer-reflexive, as when a check was answered before the STUN server, it takes that one's place.
  // nullopt when a gathered one with the same address and base is there (RFC 8445 §5.1.3); since
  // host candidates are known before the reflexive ones of their base, the one that stays never has
  // the lower priority.
  std::optional<CandidateId> add(Candidate candidate, std::uint16_t local_preference);
  // What a response to a check with PRIORITY `priority` from `base` showed (RFC 8445 §7.2.5.3.1).
  CandidateId add_peer_reflexive(const Endpoint& address, const Endpoint& base,
                                 std::uint32_t priority, Transport transport = Transport::udp,
                                 TcpType tcp_type = TcpType::active);

  // The candidate that checks to and from the socket or relayed address `base` belong to; over TCP
  // that which connections to `base` do.
  [[nodiscard]] std::optional<CandidateId> sender_at(const Endpoint& base,
                                                     Transport transport = Transport::udp) const;
  // The candidate with this address, of whatever type the peer knows.
  [[nodiscard]] std::optional<CandidateId> find(const Endpoint& address,
                                                Transport transport = Transport::udp) const;

  [[nodiscard]] const Candidate& operator[](CandidateId id) const { return all_[id]; }
  [[nodiscard]] const std::vector<Candidate>& all() const { return all_; }

 private:
  [[nodiscard]] bool is_hidden(const Candidate& candidate) const {
    return hosts_hidden_ && candidate.type == CandidateType::host;
  }

  Foundations& foundations_;    // of the session
  std::uint8_t component_;      // Options::component
  bool hosts_hidden_;           // Options::hide_host_candidates
  bool hosts_named_;            // Mdns::gather
  std::vector<Candidate> all_;  // by id
};

// True for the candidates that pairs are formed with: a reflexive one is replaced by its base in a
// pair, and then pruned as a duplicate of its host candidate's (RFC 8445 §6.1.2.4).
constexpr bool forms_pairs(CandidateType type) {
  return type == CandidateType::host || type == CandidateType::relayed;
}

// Whether checks begin at it. They do not at a passive TCP candidate, whose pairs are pruned: it
// waits for the peer's connections (RFC 6544 §6.2).
constexpr bool starts_checks(const Candidate& local) {
  return forms_pairs(local.type) &&
         !(local.transport == Transport::tcp && local.tcp_type == TcpType::passive);
}

class RemoteCandidates {
 public:
  // At most `max_peer_reflexive` candidates that the peer has not signalled, for each local
  // candidate that they were seen at: a chase on one path takes no other path's room.
  RemoteCandidates(Foundations& foundations, std::uint8_t component, std::size_t max_peer_reflexive)
      : foundations_(foundations), component_(component), max_peer_reflexive_(max_peer_reflexive) {}

  struct Signalled {
    CandidateId id = 0;
    bool is_new = false;    // a new address
    bool replaced = false;  // it was peer-reflexive; neither of them: signalled before
  };
  Signalled add_signalled(const Candidate& candidate);
  // Seen as the source of a check to the local candidate `seen_at`. nullopt when there are too
  // many. Over TCP it is active, since it came by a connection that the peer has opened.
  std::optional<CandidateId> add_peer_reflexive(const Endpoint& address, std::uint32_t priority,
                                                CandidateId seen_at,
                                                Transport transport = Transport::udp);

  [[nodiscard]] std::optional<CandidateId> find(const Endpoint& address,
                                                Transport transport = Transport::udp) const;
  // False as long as the peer has not signalled it.
  [[nodiscard]] bool is_signalled(CandidateId id) const { return !seen_at_[id]; }
  // How many the peer has signalled.
  [[nodiscard]] std::size_t signalled() const;

  [[nodiscard]] const Candidate& operator[](CandidateId id) const { return all_[id]; }
  [[nodiscard]] const std::vector<Candidate>& all() const { return all_; }

 private:
  Foundations& foundations_;        // of the session
  std::uint8_t component_;          // Options::component
  std::size_t max_peer_reflexive_;  // Options::max_peer_reflexive
  std::vector<Candidate> all_;      // by id
  // By id: the local candidate that one was seen at which the peer has not signalled.
  std::vector<std::optional<CandidateId>> seen_at_;
};

}  // namespace natsim::ice
