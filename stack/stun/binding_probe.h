// One Binding request and what comes back: the step that the Binding clients are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/random.h"
#include "stack/stun/client_transaction.h"
#include "stack/stun/message.h"

namespace natsim::stun {

// What a Binding response says.
struct BindingAnswer {
  Endpoint local;                            // the socket where it arrived
  Endpoint source;                           // where it came from
  std::optional<ErrorNumber> error;          // of an error response
  Endpoint mapped;                           // XOR-MAPPED-ADDRESS, from old servers MAPPED-ADDRESS
  bool rewritten = false;                    // MAPPED-ADDRESS is there and says something else
  std::optional<Endpoint> other_address;     // of a server with behaviour discovery
  std::optional<Endpoint> alternate_server;  // with error 300
};

// A request in flight. It ends in one of four ways and stays there.
class BindingProbe {
 public:
  struct Request {
    Endpoint local;
    Endpoint remote;
    ChangeRequest change = {};                                  // left out when nothing is asked
    std::optional<std::uint16_t> response_port = std::nullopt;  // left out when unset
    std::string software = {};                                  // left out when empty
    bool fingerprint = false;
  };

  enum class Outcome : std::uint8_t {
    waiting,
    success,   // `answer().mapped` is set
    error,     // `answer().error` is set
    unusable,  // a response that lacks what it must have, or has unknown required attributes
    timeout,
  };

  BindingProbe(const Request& request, const TransactionTimers& timers, Random& random, Time now);

  [[nodiscard]] Outcome outcome() const { return outcome_; }
  // Valid after success or error.
  [[nodiscard]] const BindingAnswer& answer() const { return answer_; }
  [[nodiscard]] const ClientTransaction& transaction() const { return transaction_; }

  // True when the datagram is the awaited response, whichever socket and source it has.
  bool receive(const Endpoint& local, const Endpoint& remote, const MessageView& message);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const { return transaction_.next_timeout(); }
  std::optional<Transmit> poll_transmit() { return transaction_.poll_transmit(); }

 private:
  ClientTransaction transaction_;
  Outcome outcome_ = Outcome::waiting;
  BindingAnswer answer_;
};

}  // namespace natsim::stun
