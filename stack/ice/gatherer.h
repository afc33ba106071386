// Server-reflexive candidates: what STUN servers say our sockets look like, and keeping that true
// (RFC 8445 §5.1.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/ice/fifo.h"
#include "stack/stun/binding_client.h"
#include "stack/stun/client_transaction.h"

namespace natsim::ice {

// Contract:
// 1. `ask` sends at once; pacing is the caller's. What is sent goes to the queue of the agent.
// 2. Each asking gives one result. A server that has answered is asked again every `keepalive`
//    until `stop`, so that the NAT's mapping stays (§5.1.1.4); another mapped address then gives
//    another result, silence gives none.
class Gatherer {
 public:
  Gatherer(Duration keepalive, Random random, Fifo<Transmit>& transmits)
      : keepalive_(keepalive), random_(random), transmits_(transmits) {}

  struct Result {
    Endpoint base;
    Endpoint server;                     // as configured
    std::uint16_t local_preference = 0;  // as given to `ask`
    Duration elapsed;                    // since it was asked
    stun::BindingResult outcome;
  };

  void ask(const Endpoint& base, const Endpoint& server, std::uint16_t local_preference,
           const stun::TransactionTimers& timers, Time now);
  // True when the datagram was an answer to us.
  bool receive(const Endpoint& base, const Endpoint& remote, ByteView bytes, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Result> poll_result() { return results_.pop(); }

  // How many servers have not given their first result.
  [[nodiscard]] std::size_t open() const;
  // Whether a server has told the address of `base`, or still may.
  [[nodiscard]] bool knows(const Endpoint& base) const;
  // Nothing is asked any more, and nothing is waited for.
  void stop() { inquiries_.clear(); }

 private:
  // One socket and one server.
  struct Inquiry {
    Endpoint base;
    Endpoint server;
    std::uint16_t local_preference;
    stun::TransactionTimers timers;
    Time asked;                                 // last
    std::optional<stun::BindingClient> client;  // while an answer is awaited
    Time ask_again = Time::never();
    std::optional<Endpoint> mapped = std::nullopt;  // by the last answer
  };

  void start(Inquiry& inquiry, Time now);
  bool take_outcome(Inquiry& inquiry, Time now);

  Duration keepalive_;         // Options::keepalive
  Random random_;              // one stream for each transaction
  Fifo<Transmit>& transmits_;  // of the agent
  Fifo<Result> results_;
  std::uint64_t asked_ = 0;  // transactions so far
  std::vector<Inquiry> inquiries_;
};

}  // namespace natsim::ice
