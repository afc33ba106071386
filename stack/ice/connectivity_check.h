// Connectivity checks as a STUN client sees them: the requests on their way (RFC 8445 §7.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/ice/candidate_pair.h"
#include "stack/ice/credentials.h"
#include "stack/ice/event.h"
#include "stack/stun/client_transaction.h"
#include "stack/stun/integrity.h"
#include "stack/stun/message.h"

namespace natsim::ice {

// What a check says and where it goes.
struct Check {
  PairId pair = no_pair;
  CheckKind kind = CheckKind::ordinary;
  CandidateId sender = 0;  // the local candidate whose base it leaves from
  Endpoint local;          // that base
  Endpoint remote;
  std::uint32_t priority = 0;  // PRIORITY: of a peer-reflexive candidate learnt by it (§7.1.1)
  Role role = Role::controlling;
  std::uint64_t tiebreaker = 0;
  bool use_candidate = false;
  std::uint32_t nomination = 0;  // NOMINATION if not 0
};

// A check that has to go out now.
struct Transmission {
  Check check;
  stun::TransactionId transaction;
  int number = 1;  // 1 for the first transmission
  Bytes payload;
};

// Contract:
// 1. Before the first `start` the credentials are set.
// 2. Each check has a transaction id of its own; what it says never changes (a check whose role or
//    purpose is out of date is cancelled and another one made).
// 3. `advance` gives what has come due one at a time, until nullopt.
class CheckClient {
 public:
  explicit CheckClient(Random random) : random_(random) {}

  void set_credentials(const Credentials& local, const Credentials& remote);
  [[nodiscard]] bool has_credentials() const { return key_.has_value(); }

  // Makes the request and gives its first transmission.
  Transmission start(const Check& check, const stun::TransactionTimers& timers, Time now);

  struct Due {
    std::optional<Transmission> retransmission;  // else the check has had no answer
    Check check;
    stun::TransactionId transaction;
  };
  std::optional<Due> advance(Time now);
  [[nodiscard]] Time next_timeout() const;

  // The check that `response` belongs to by its transaction id; nullptr if there is none. Good
  // until the next call.
  [[nodiscard]] const Check* find(const stun::MessageView& response) const;
  // Whether `response` is signed with the peer's password.
  bool verify(const stun::MessageView& response) { return key_->verify(response); }
  // How long the check has taken; nullopt if it was sent more than once.
  [[nodiscard]] std::optional<Duration> round_trip(const stun::TransactionId& transaction,
                                                   Time now) const;
  // The check has been answered.
  void finish(const stun::TransactionId& transaction);
  // The checks of `pair`, but for consent's, are not sent again and do not fail; their answers
  // still count (RFC 8445 §7.3.1.4).
  void cancel(PairId pair);

 private:
  struct Outstanding {
    Check check;
    bool cancelled = false;
    stun::ClientTransaction transaction;
  };

  Random random_;                          // transaction ids
  std::string username_;                   // remote ufrag ":" local ufrag
  std::optional<stun::IntegrityKey> key_;  // the remote password
  std::vector<Outstanding> outstanding_;   // in the order of their start
};

}  // namespace natsim::ice
