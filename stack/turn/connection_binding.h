// How a client's connection becomes the carrier of one with a peer (RFC 6062 §4.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/bytes.h"
#include "stack/base/datagram.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/client_transaction.h"
#include "stack/stun/long_term_client.h"
#include "stack/stun/message.h"

namespace natsim::turn {

// Contract, on top of stack/base/machine.h:
// 1. The host gives it a fresh connection to the server, of the transport of the allocation, and
//    the number that PeerConnected told. Nothing else goes over that connection.
// 2. `receive` is given one message each (StreamFraming) until `state` is bound: what comes behind
//    the message that made it so are the peer's bytes.
class ConnectionBinding {
 public:
  struct Options {
    Endpoint local;
    Endpoint server;
    Transport transport = Transport::tcp;
    std::string username;
    std::string password;
    std::uint32_t id = 0;  // CONNECTION-ID
  };
  enum class State : std::uint8_t { asking, bound, failed };

  // Sends the ConnectionBind.
  ConnectionBinding(Options options, Random random, Time now);

  void receive(ByteView message, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();

  [[nodiscard]] State state() const { return state_; }
  // ERROR-CODE of the refusal; 0 if there was none.
  [[nodiscard]] int code() const { return code_; }

 private:
  void ask(Time now);

  Options options_;
  Random random_;  // transaction ids
  stun::LongTermClient credentials_;
  std::optional<stun::ClientTransaction> transaction_;
  std::uint32_t generation_ = 0;  // of the credentials of the request on its way
  State state_ = State::asking;
  int code_ = 0;
};

}  // namespace natsim::turn
