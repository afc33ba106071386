// A Binding server: on one socket as RFC 8489 has it, on four as RFC 5780 has it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/machine.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::stun {

// Contract (beside that of stack/base/machine.h):
// 1. It has no timers and no state between requests, so a retransmitted request gets the same
//    answer again (RFC 8489 §6.3.1).
// 2. A Binding request is answered from the socket where it arrived to where it came from, but for
//    CHANGE-REQUEST and RESPONSE-PORT (RFC 5780 §7.2, §7.5). A reply never goes to an IP address
//    other than the request's source.
// 3. Comprehension-required attributes that it does not know are answered with 420. Without an
//    alternate address those of RFC 5780 are among them.
// 4. Indications, responses, other methods and what does not parse get no answer, only a count
//    (RFC 8489 §6.3).
// 5. Amplification is bounded: a plain answer is at most some 100 bytes and SOFTWARE, and PADDING
// in
//    an answer is never longer than in its request, though RFC 5780 would let it be.
class BindingServer {
 public:
  struct Options {
    // A1:P1, the socket that clients know.
    Endpoint primary;
    // A2:P2, in both address and port unlike the primary, of its family. When set the server offers
    // behaviour discovery and has the sockets A1:P1, A1:P2, A2:P1 and A2:P2.
    std::optional<Endpoint> alternate = std::nullopt;
    // When set, every Binding request of its family is sent there with 300 (RFC 8489 §10).
    std::optional<Endpoint> alternate_server = std::nullopt;
    // SOFTWARE in answers; none when empty.
    std::string software = {};
  };

  // What has become of the datagrams.
  struct Counters {
    std::uint64_t answered = 0;     // success responses
    std::uint64_t redirected = 0;   // 300
    std::uint64_t refused = 0;      // 400 and 420
    std::uint64_t indications = 0;  // Binding indications: keepalives
    std::uint64_t ignored = 0;      // all else
  };

  // Throws std::invalid_argument for an alternate that breaks the rule above.
  explicit BindingServer(Options options);

  // The sockets that the host must bind: one, or four with the primary first.
  [[nodiscard]] std::vector<Endpoint> sockets() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }

  // `local` is one of `sockets()`.
  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time /*now*/) {}
  [[nodiscard]] Time next_timeout() const { return Time::never(); }
  std::optional<Transmit> poll_transmit();

 private:
  void answer(const Endpoint& local, const Endpoint& remote, const MessageView& request);
  // The socket that differs from `socket` as `change` says.
  [[nodiscard]] Endpoint changed(const Endpoint& socket, ChangeRequest change) const;
  void refuse(const Endpoint& local, const Endpoint& remote, const MessageView& request,
              MessageBuilder response);
  void send(const Endpoint& local, const Endpoint& remote, const MessageView& request,
            MessageBuilder response);

  Options options_;
  Counters counters_;
  std::deque<Transmit> transmits_;  // answers not yet polled
};

}  // namespace natsim::stun
