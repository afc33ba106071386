// Two ICE peers and the signalling between them.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sim/agents/ice_peer.h"
#include "sim/agents/signalling.h"

namespace natsim::agents {

struct CallOptions {
  IcePeerOptions caller;
  IcePeerOptions callee;
  SignallingOptions signalling;  // each way
};

// How a call stands, by both of its sides.
enum class CallState : std::uint8_t {
  connecting,    // not both sides have selected a pair yet
  connected,     // both have
  disconnected,  // both had, but a side waits for its pair to answer
  failed,        // a side's ICE has failed
  closed,
};
std::string_view to_string(CallState state);

// A call from one host to another. The caller starts at once; its description takes the
// signalling's delay to the callee, who starts then.
class Call {
 public:
  // Fails if the caller cannot open its sockets.
  static Result<std::unique_ptr<Call>> start(net::Host& caller, net::Host& callee,
                                             CallOptions options);

  [[nodiscard]] IcePeer& caller() { return caller_; }
  [[nodiscard]] IcePeer& callee() { return callee_; }
  [[nodiscard]] const IcePeer& caller() const { return caller_; }
  [[nodiscard]] const IcePeer& callee() const { return callee_; }
  [[nodiscard]] CallState state() const { return state_; }
  [[nodiscard]] Time started_at() const { return started_at_; }
  // When the call was first connected; never() if it has not been.
  [[nodiscard]] Time connected_at() const { return connected_at_; }
  void close();

  // Called after each change of the state or of a selected pair; may be empty.
  std::function<void()> on_change;

 private:
  Call(net::Host& caller, net::Host& callee, CallOptions options);
  void update();

  IcePeer caller_;
  IcePeer callee_;
  SignallingChannel to_callee_;
  SignallingChannel to_caller_;
  Time started_at_;
  Time connected_at_ = Time::never();
  CallState state_ = CallState::connecting;
};

}  // namespace natsim::agents
