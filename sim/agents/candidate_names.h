// Names in the place of addresses in a peer's host candidates
// (draft-ietf-mmusic-mdns-ice-candidates).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/agents/dns_lookup.h"
#include "sim/agents/mdns_responder.h"
#include "stack/base/random.h"
#include "stack/ice/candidate.h"

namespace natsim::agents {

// The names of one peer's own addresses, and its questions for those of the other one. Contract:
// 1. An address keeps its name until `withdraw`; the host's responder answers for it.
// 2. A name is asked for from each address that the host has, three times, a second apart. The
//    first answer counts; where none comes there is none.
// 3. What is told comes later than the call that asks, and not after `forget`.
class CandidateNames {
 public:
  // `responder` may be null if no address is to have a name; else it must outlive what is
  // published.
  CandidateNames(net::Host& host, MdnsResponder* responder, Random random)
      : host_(host), responder_(responder), random_(random) {}

  // Precondition: there is a responder.
  const std::string& name_of(const IpAddress& address);
  void withdraw();

  // Finds the address of a candidate that has a name alone. False, with nothing to come, if the
  // host has no address to ask from.
  bool resolve(const ice::Candidate& candidate);
  // Whether an outcome is to be told yet.
  [[nodiscard]] bool resolving() const;
  void forget();

  // Called with each candidate that has been asked about: with its address, or without one where
  // nobody has answered. To be set before `resolve`.
  std::function<void(const ice::Candidate&)> on_outcome;

 private:
  struct Question {
    ice::Candidate candidate;
    std::vector<std::unique_ptr<DnsLookup>> lookups;  // one for each address of the host
    bool told = false;
  };

  void look(Question& question);

  net::Host& host_;
  MdnsResponder* responder_;
  Random random_;  // for names
  std::map<IpAddress, std::string> names_;
  std::vector<std::unique_ptr<Question>> questions_;
};

}  // namespace natsim::agents
