// The signals of two ICE peers, carried by a signalling server's room.
#pragma once

#include <optional>
#include <string>

#include "sim/agents/signalling.h"
#include "sim/agents/signalling_client.h"
#include "stack/base/result.h"

namespace natsim::agents {

// A signal as a message of the room. A session description is a message of its type with the SDP; a
// description of ICE alone has the lines of an SDP that are ICE's (RFC 8839 §5), and after restarts
// one of our own, "a=ice-generation", that counts them. A candidate is a "candidate" with its line;
// so is the end of candidates, with the fragment of RFC 8840 §9 that says so.
struct RoomMessage {
  signalling::SignalKind kind;
  std::string payload;
};
// `description` is what a description of ICE alone is sent as.
RoomMessage to_room_message(const Signal& signal, signalling::SignalKind description);
// The signal of a message, or why it is none.
Result<Signal> from_room_message(signalling::SignalKind kind, std::string_view payload);

// One direction: from a member of a room to the receiver at the other one.
//
// Events, as of SignallingChannel: "signal.sent" {what, text}, "signal.received" {what, text}; and
// "signal.refused" {what, reason} of a message that is no signal, or cannot be sent.
class RoomSignalling : public core::Named, public SignalSink {
 public:
  // `name` is that of the direction, "alice->bob". `description` as of to_room_message. It takes
  // what comes to `to`; the clients and the receiver must outlive it.
  RoomSignalling(std::string name, signalling::SignalKind description, SignallingClient& from,
                 SignallingClient& to, SignalReceiver& receiver);

  void send(Signal signal) override;

 private:
  void receive(const signalling::SignalReceived& message);
  void tell(std::string_view kind, const Signal& signal);
  void tell_refusal(std::string_view what, std::string_view reason);

  signalling::SignalKind description_;
  SignallingClient& from_;
  SignalReceiver& receiver_;
};

}  // namespace natsim::agents
