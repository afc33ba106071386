// One STUN request on its way: retransmissions until an answer or the time limit.
#pragma once

#include <optional>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/time.h"
#include "stack/stun/message.h"

namespace natsim::stun {

// When a request is sent again and when it is given up. The defaults are RFC 8489 §6.2.1: sends
// at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, failure at 39500 ms.
struct TransactionTimers {
  Duration rto = milliseconds(500);  // from the first to the second send
  int growth_percent = 200;          // each interval as a share of the one before; at most a day
  std::optional<Duration> max_rto = std::nullopt;  // no interval grows beyond this
  int rc = 7;                                      // sends in all, at least 1
  int rm = 16;  // after the last send, wait this many times `rto`

  // A reliable transport: one send, failure after Ti (RFC 8489 §6.2.2).
  static constexpr TransactionTimers reliable(Duration ti = milliseconds(39'500)) {
    return {.rto = ti, .rc = 1, .rm = 1};
  }
  // From the first send to failure.
  [[nodiscard]] Duration total() const;
  auto operator<=>(const TransactionTimers&) const = default;
};

// Contract (beside that of stack/base/machine.h):
// 1. The request is due at once: `poll_transmit` gives it after construction. Each retransmission
//    has the same bytes.
// 2. The owner finds the transaction by its id, checks the response's integrity and source as its
//    usage wants, and calls `finish` for an answer that it accepts or `discard` for one that it
//    must treat as never received (RFC 8489 §9.1.4, §9.2.5).
// 3. When the time is over `failed()` becomes true; `integrity_violated()` tells whether there were
//    responses and all were discarded.
class ClientTransaction {
 public:
  // `request.payload` is a whole request; its method and id are read from there.
  // Precondition: it parses.
  ClientTransaction(Transmit request, const TransactionTimers& timers, Time now);

  [[nodiscard]] const TransactionId& id() const { return id_; }
  [[nodiscard]] const Endpoint& local() const { return request_.local; }
  [[nodiscard]] const Endpoint& remote() const { return request_.remote; }

  // True for a response with this method and transaction id while one is awaited.
  [[nodiscard]] bool is_answered_by(const MessageView& message) const;

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const { return deadline_; }
  std::optional<Transmit> poll_transmit();

  // An answer has been accepted: nothing is sent any more and the transaction cannot fail.
  void finish();
  // A response has been dropped; retransmissions go on.
  void discard() { discarded_ = true; }
  // Sends no more, but waits for an answer as long as it would have (RFC 8445 §7.3.1.4).
  void stop_retransmitting();

  [[nodiscard]] bool failed() const { return state_ == State::failed; }
  [[nodiscard]] bool integrity_violated() const { return failed() && discarded_; }
  // How many times the request has been given out or is due.
  [[nodiscard]] int sends() const { return sends_; }
  // When the first send was due. With `sends() == 1` an answer's time less this is a round trip.
  [[nodiscard]] Time started() const { return started_; }

 private:
  enum class State : std::uint8_t { waiting, finished, failed };

  Transmit request_;
  TransactionTimers timers_;
  TransactionId id_;
  Method method_;
  Time started_;            // of the first send
  Time deadline_;           // of the next send or of failure; never when over
  Time end_;                // of failure, when every deadline is kept
  Duration interval_;       // to the next send
  int sends_ = 1;           // given out or due
  bool due_ = true;         // the request waits for poll_transmit
  bool discarded_ = false;  // a response has been discarded
  State state_ = State::waiting;
};

}  // namespace natsim::stun
