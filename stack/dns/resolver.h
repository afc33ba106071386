// Asks a DNS server for a name's addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/dns/message.h"

namespace natsim::dns {

struct ResolverOptions {
  Endpoint server;                // or a multicast_group(), of which any member may answer
  Question question;              // of type A or AAAA
  Duration timeout = seconds(5);  // of a transmission (RFC 1035 §4.2.1); positive
  int tries = 3;                  // at least 1
};

// One question. Contract (beside that of stack/base/machine.h): it asks at once, again after each
// timeout, and gives up after the last one. An answer counts only if it comes from the server, or
// from the port of the group that was asked, and has the id and the question of the query.
class Resolver {
 public:
  // What came of it: addresses, in the server's order, or why there are none.
  struct Outcome {
    std::vector<Answer> answers;
    std::string failure;  // empty: the server has answered
  };

  Resolver(const ResolverOptions& options, const Endpoint& local, Random random, Time now);

  void receive(const Endpoint& remote, ByteView datagram);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const { return deadline_; }
  std::optional<Transmit> poll_transmit();

  // Unset while it asks.
  [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }

 private:
  void finish(Outcome outcome);

  ResolverOptions options_;
  Endpoint local_;
  std::uint16_t id_;
  int tries_ = 1;
  bool due_ = true;  // a transmission is to be given out
  Time deadline_;
  std::optional<Outcome> outcome_;
};

}  // namespace natsim::dns
