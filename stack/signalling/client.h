// A member of a room of the signalling server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/result.h"
#include "stack/base/time.h"
#include "stack/signalling/message.h"
#include "stack/signalling/websocket.h"

namespace natsim::signalling {

struct ClientOptions {
  WebSocketOptions websocket;
  std::string host;  // of the Host header
  std::string room;
  std::string name;  // in the room
  // Tries to connect are so far apart: the first wait, which doubles with each try that fails up to
  // the second. Each is drawn from the half of it to the whole. Both positive, the first at most
  // the second.
  Duration reconnect_min = milliseconds(500);
  Duration reconnect_max = seconds(30);
  Duration connect_timeout = seconds(10);  // of a try, until the stream is there; positive
  std::size_t max_unsent = 256;            // messages that have not been acknowledged; at least 1
};

// What the host is asked to do with the one stream that a client has.
struct OpenStream {};  // a new one, in the place of an earlier one
struct SendBytes {
  Bytes bytes;
};
struct CloseStream {
  bool abort;  // nobody is there to answer an end in order
};
using StreamOrder = std::variant<OpenStream, SendBytes, CloseStream>;

// In the room; when resumed, as before the connection was lost.
struct Entered {
  bool resumed;
};
struct MemberArrived {
  std::string name;
};
struct MemberLeft {
  std::string name;
  std::string reason;
};
struct SignalReceived {
  SignalKind kind;
  std::string from;
  std::string payload;
};
struct ServerRefused {  // "error" from the server
  std::string reason;
};
struct ConnectionLost {  // or a try that failed; the next one comes after the wait
  std::string reason;
  Duration wait;
};
struct ClientLeft {};  // the end, after `leave`
using ClientEvent = std::variant<Entered, MemberArrived, MemberLeft, SignalReceived, ServerRefused,
                                 ConnectionLost, ClientLeft>;

// A machine in the manner of stack/base/machine.h on one stream at a time, which it asks for.
//
// Contract:
// 1. It asks for a stream at once, and for another when that is lost, without end, until `leave`.
// 2. Messages are numbered and kept until they are acknowledged. They are sent once it is in the
//    room and somebody else is; after a resume what was not acknowledged goes first, in order.
// 3. What the server sends is told once and in order. A gap, or what it may not say, makes the
//    client lose the connection (policy violation) and try again.
// 4. When the server does not know the session any more the client joins anew, and sends again what
//    was not acknowledged: then, and only then, another member may hear of it twice.
class Client {
 public:
  enum class State : std::uint8_t {
    waiting,     // for the next try
    connecting,  // the stream has been asked for
    entering,    // handshake, then "join" or "resume"
    entered,
    leaving,
    left,
  };

  Client(ClientOptions options, Random random, Time now);

  // Fails, with the reason as a clause, if the client leaves, too many messages wait, or a text is
  // not UTF-8 or too long. `to` is a member, or empty for all others.
  Result<bool> send(SignalKind kind, std::string_view payload, std::string_view to, Time now);
  void leave(Time now);

  // The stream that was asked for is there.
  void connected(Time now);
  void receive(ByteView bytes, Time now);
  // It has ended, or there is none.
  void end(std::string_view why, Time now);

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<StreamOrder> poll_order();
  std::optional<ClientEvent> poll_event();

  [[nodiscard]] State state() const { return state_; }
  // The others in the room, as far as is known.
  [[nodiscard]] const std::vector<std::string>& members() const { return members_; }
  [[nodiscard]] std::size_t unacknowledged() const { return unsent_.size(); }

 private:
  struct Unsent {
    SignalKind kind;
    std::string to;
    std::string payload;
  };

  void drain(Time now);
  void take(const std::string& text, Time now);
  void take(const Joined& joined, Time now);
  void take(const Resumed& resumed, Time now);
  void take(const Arrived& arrived, Time now);
  void take(const Left& left, Time now);
  void take(const IncomingSignal& signal, Time now);
  void take(const Refusal& refusal, Time now);
  void take(const Ack& ack, Time now);
  // Whether the numbered message is the next one; acknowledges it, and what came twice.
  bool is_next(std::uint64_t number, Time now);
  void enter(bool resumed, std::vector<std::string> members);
  void acknowledged(std::uint64_t received, Time now);
  void say(const ClientMessage& message) { socket_->send(encode(message)); }
  // Sends what may be sent and has not been, on this connection.
  void flush();
  void give_up_connection(std::string_view why, Time now);
  void lost(std::string reason, Time now);

  ClientOptions options_;
  Random random_;
  State state_ = State::waiting;
  std::optional<WebSocket> socket_;  // unset without a stream
  std::string session_;              // to resume; empty: to join
  std::vector<std::string> members_;
  std::uint64_t received_ = 0;     // the last number from the server, in this session
  std::uint64_t first_ = 1;        // the number of the first in unsent_
  std::deque<Unsent> unsent_;      // or not acknowledged, in order
  std::size_t on_the_way_ = 0;     // of these, sent on this connection
  std::uint64_t streams_ = 0;      // asked for, for naming each one's random stream
  Duration backoff_;               // the next wait, before the draw
  Time deadline_ = Time::never();  // of the wait, or of the stream that was asked for
  std::deque<StreamOrder> orders_;
  std::deque<ClientEvent> events_;
};
// "connecting", …
std::string_view to_string(Client::State state);

}  // namespace natsim::signalling
