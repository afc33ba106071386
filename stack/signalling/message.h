// What clients and the signalling server say to each other, as JSON texts.
//
// Each is an object with a "type" and the keys that the type has; others are refused. A payload is
// a text that the server hands on as it is: an SDP, a candidate's line, or whatever the clients
// agree on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stack/base/result.h"

namespace natsim::signalling {

// What is relayed between the members of a room: the four types of descriptions (RFC 9429 §4.1.8),
// candidates, and a farewell.
enum class SignalKind : std::uint8_t { offer, answer, pranswer, rollback, candidate, bye };
// "offer", as in the message's type.
std::string_view to_string(SignalKind kind);

// From a client.
struct Join {  // the first thing that it says
  std::string room;
  std::string name;  // no other member of the room has it
  bool operator==(const Join&) const = default;
};
struct Resume {  // the same after a reconnect
  std::string session;
  std::uint64_t received = 0;  // the last number that came from the server
  bool operator==(const Resume&) const = default;
};
struct OutgoingSignal {
  SignalKind kind = SignalKind::offer;
  std::uint64_t number = 0;  // counts the session's from 1
  std::string to;            // a member; empty: all others
  std::string payload;
  bool operator==(const OutgoingSignal&) const = default;
};

// From the server.
struct Joined {
  std::string session;               // to resume with
  std::vector<std::string> members;  // the others, in the order in which they came
  bool operator==(const Joined&) const = default;
};
struct Resumed {
  std::uint64_t received = 0;        // the last number that came from the client
  std::vector<std::string> members;  // the others, once all that is still to come has been told
  bool operator==(const Resumed&) const = default;
};
struct Arrived {
  std::uint64_t number = 0;  // counts what the session is sent from 1, with the next two
  std::string name;
  bool operator==(const Arrived&) const = default;
};
struct Left {
  std::uint64_t number = 0;
  std::string name;
  std::string reason;
  bool operator==(const Left&) const = default;
};
struct IncomingSignal {
  SignalKind kind = SignalKind::offer;
  std::uint64_t number = 0;
  std::string from;
  std::string payload;
  bool operator==(const IncomingSignal&) const = default;
};
struct Refusal {  // "error"
  std::string reason;
  bool operator==(const Refusal&) const = default;
};

// From both: all up to this number have come.
struct Ack {
  std::uint64_t received = 0;
  bool operator==(const Ack&) const = default;
};

using ClientMessage = std::variant<Join, Resume, OutgoingSignal, Ack>;
using ServerMessage = std::variant<Joined, Resumed, Arrived, Left, IncomingSignal, Refusal, Ack>;

// The message's type, as it is written.
std::string_view type_of(const ClientMessage& message);
std::string_view type_of(const ServerMessage& message);

// Precondition: texts are UTF-8.
std::string encode(const ClientMessage& message);
std::string encode(const ServerMessage& message);

// The message of a text, or what is wrong with it: no JSON, no object, an unknown type, a key that
// is missing, of another kind or too many.
Result<ClientMessage> parse_client_message(std::string_view text);
Result<ServerMessage> parse_server_message(std::string_view text);

}  // namespace natsim::signalling
