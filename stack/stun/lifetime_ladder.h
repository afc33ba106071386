// For how long a NAT keeps a binding, by many bindings at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stack/base/random.h"
#include "stack/stun/binding_probe.h"
#include "stack/stun/lifetime_search.h"

namespace natsim::stun {

// RFC 5780 §4.6 with several bindings side by side, each left alone for another time, so that a
// lifetime of minutes is known in little more than twice that. The first ones are left alone for
// the longest time, half of it, a quarter and so on; the next ones for times that divide evenly
// what lies between the longest life and the earliest death so far.
//
// Contract: that of BehaviourDiscovery. A binding is used by no one but its own trial; its answer
// is asked for from another socket, with RESPONSE-PORT.
class LifetimeLadder {
 public:
  struct Options {
    Endpoint server;
    // Of a binding that has been used for a while, each way, before it is left alone: many NATs
    // keep it for longer than one that had an answer only.
    bool stream = false;
    Duration longest = seconds(300);   // positive
    Duration resolution = seconds(1);  // positive
    // Short, since an answer to a late retransmission vouches for a later instant than was meant.
    TransactionTimers timers = {.rc = 3, .rm = 2};
  };

  // What a stream is here: so many answers, so far apart.
  static constexpr int stream_exchanges = 6;
  static constexpr Duration stream_interval = milliseconds(600);

  LifetimeLadder(const Options& options, Random random, Time now);

  std::optional<int> poll_socket();
  void socket_opened(int socket, const Endpoint& local, Time now);
  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();

  [[nodiscard]] bool done() const { return done_; }
  // As far as is known; both unset when it is done: it cannot be told, for no binding answered or
  // the server does not know RESPONSE-PORT.
  [[nodiscard]] const BindingLifetime& found() const { return found_; }

 private:
  static constexpr int asking_socket = 0;
  static constexpr int trials_at_once = 8;

  enum class State : std::uint8_t {
    unopened,  // waits for its socket
    used,      // its exchanges are under way
    resting,   // between two of them
    left_alone,
    asked,  // for an answer to the binding
    over,
  };
  struct Trial {
    int socket = 0;
    Duration wait;  // for how long it is left alone
    State state = State::unopened;
    int exchanges = 0;  // that it has had
    Endpoint local;
    std::uint16_t mapped_port = 0;
    Time until = Time::never();  // of resting and left_alone
    std::optional<BindingProbe> probe;
  };

  void begin_round(Time now);
  void use(Trial& trial, Time now);
  void conclude(Trial& trial, Time now);
  void settle(Time now);

  Options options_;
  Random random_;
  BindingLifetime found_;
  std::vector<Trial> trials_;       // of this round
  std::optional<Endpoint> asking_;  // where the asking socket is bound
  int sockets_ = 1;                 // numbers that have been given
  int named_ = 0;                   // those that the host has been told of
  bool refused_ = false;            // the server cannot do it
  bool done_ = false;
};

}  // namespace natsim::stun
