// Runs Binding probes one at a time on numbered sockets, which the host opens when asked.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "stack/base/random.h"
#include "stack/stun/binding_probe.h"

namespace natsim::stun {

// The common ground of the discovery machines.
//
// Contract: `ask` begins a probe; when its socket is not open yet the probe waits for it. The owner
// passes on every input and looks at `concluded()` after each; it gives a finished probe once.
class DiscoveryProbes {
 public:
  struct Query {
    int socket = 0;
    Endpoint remote;
    ChangeRequest change = {};
    std::optional<std::uint16_t> response_port = std::nullopt;
    TransactionTimers timers = {};
  };

  explicit DiscoveryProbes(Random random) : random_(random) {}

  // Replaces what was asked before.
  void ask(const Query& query, Time now);
  // An indication from an open socket, sent before anything asked later.
  void send_indication(int socket, const Endpoint& remote);

  // Where a socket is bound. Precondition: it has been opened.
  [[nodiscard]] const Endpoint& local(int socket) const;
  // True for the request of the current probe, come back to one of our own sockets.
  [[nodiscard]] bool is_own_request(const MessageView& message) const;
  std::optional<BindingProbe> concluded();

  std::optional<int> poll_socket();
  void socket_opened(int socket, const Endpoint& local, Time now);
  void receive(const Endpoint& local, const Endpoint& remote, const MessageView& message);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();

 private:
  void begin(Time now);

  Random random_;                                 // transaction ids
  std::vector<std::optional<Endpoint>> sockets_;  // by number; unset until opened
  std::deque<int> wanted_;                        // sockets not yet named to the host
  std::optional<Query> query_;                    // of the current probe or the one that waits
  std::optional<BindingProbe> probe_;             // in flight or finished
  std::deque<Transmit> indications_;              // not yet polled
};

}  // namespace natsim::stun
