// Learns a socket's mapped address from a STUN server (RFC 8489 §6, §10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "stack/base/random.h"
#include "stack/stun/binding_probe.h"

namespace natsim::stun {

// The end of a Binding transaction that went well.
struct MappedAddress {
  Endpoint mapped;  // how the server sees the socket
  Endpoint server;  // which one answered, after redirections
  Time received;
};

// The end of one that did not.
struct BindingFailure {
  enum class Reason : std::uint8_t {
    timeout,            // no answer
    error_response,     // any error but 300; see `error`
    unusable_response,  // without an address, or with unknown required attributes
    bad_redirection,    // 300 without a usable ALTERNATE-SERVER
    redirection_loop,   // 300 to a server that was asked before, or too many in a row
  };
  Reason reason;
  std::optional<ErrorNumber> error = std::nullopt;  // for error_response
};

std::string to_string(BindingFailure::Reason reason);

using BindingResult = std::variant<MappedAddress, BindingFailure>;

// One Binding transaction, and one more for each redirection. Gives exactly one event and is idle
// from then on. Responses from elsewhere than the server that was asked are ignored.
class BindingClient {
 public:
  struct Options {
    TransactionTimers timers = {};
    std::string software = {};  // SOFTWARE in requests; none when empty
    bool fingerprint = false;   // FINGERPRINT in requests
    int max_redirections = 4;   // RFC 8489 §10 wants loops found; an endless row is cut here
  };

  // The first request is due at once.
  BindingClient(const Endpoint& local, const Endpoint& server, Options options, Random random,
                Time now);

  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const { return probe_->next_timeout(); }
  std::optional<Transmit> poll_transmit() { return probe_->poll_transmit(); }
  std::optional<BindingResult> poll_event();

 private:
  void ask(const Endpoint& server, Time now);
  void redirect(Time now);
  void fail(BindingFailure::Reason reason, std::optional<ErrorNumber> error = std::nullopt);

  Endpoint local_;
  Options options_;
  Random random_;                       // transaction ids
  std::vector<Endpoint> asked_;         // servers in their order; the last one is being asked
  std::optional<BindingProbe> probe_;   // the transaction with it; always set
  std::optional<BindingResult> event_;  // not yet polled
};

}  // namespace natsim::stun
