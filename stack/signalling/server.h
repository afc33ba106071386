// The signalling server: rooms, who is in them, and what they say to each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/signalling/message.h"
#include "stack/signalling/websocket.h"

namespace natsim::signalling {

// Numbers the streams that were accepted; by the host, never twice.
using ConnectionId = std::uint64_t;
using SessionId = std::uint64_t;

struct ServerOptions {
  WebSocketOptions websocket;
  // How long a member whose connection was lost may come back; positive.
  Duration resume_window = seconds(60);
  std::size_t max_members = 8;        // of a room; at least 1
  std::size_t max_undelivered = 256;  // messages that wait for one member; at least 1
};

// What becomes of a stream.
enum class StreamEnd : std::uint8_t { none, close, abort };

// Bytes to be sent on a stream, and its end behind them.
struct StreamTransmit {
  ConnectionId connection;
  Bytes bytes;
  StreamEnd end = StreamEnd::none;
};

struct ServerEvent {
  enum class Kind : std::uint8_t {
    joined,   // a member came into a room
    resumed,  // one came back
    relayed,  // a member's message goes to others
    refused,  // a client's message was answered with an error
    absent,   // a member's connection was lost; it may resume
    left,     // a member is gone
    closed,   // the connection of somebody who was in no room
  };
  Kind kind;
  ConnectionId connection;  // 0: there is none any more
  std::string room;         // empty outside of one
  std::string name;         // the member's; empty outside of a room
  std::string what;         // relayed: the type
  std::string reason;       // of what did not go well, as a clause
};
// "joined", …
std::string_view to_string(ServerEvent::Kind kind);

// One member, for reports.
struct MemberSnapshot {
  std::string name;
  bool present;             // has a connection
  std::size_t undelivered;  // messages that it has not acknowledged
};
struct RoomSnapshot {
  std::string name;
  std::vector<MemberSnapshot> members;  // in the order in which they came
};

// A machine in the manner of stack/base/machine.h on many streams.
//
// Contract:
// 1. A client's first message is "join" or "resume". A join makes a session, whose secret is told
// to
//    the client; a resume with it moves the session to the new connection, whether or not the old
//    one has been seen to end.
// 2. What a member sends is given to all others of its room, or to the one that it names, with the
//    payload as it is; in order, and once: both ways messages are numbered and acknowledged, and
//    those that are not acknowledged are sent again when the session is resumed.
// 3. A member that closes its WebSocket with 1000 or 1001 leaves; one whose connection is lost is
//    kept for the resume window. So is what comes for it; when that is more than max_undelivered,
//    the member leaves.
// 4. What a client may not say is answered with "error" and a reason, and does nothing else; frames
//    and handshakes that break RFC 6455 end the connection as WebSocket says.
// 5. All names and lists are in the order of joining.
class Server {
 public:
  // Sessions' secrets are drawn from `random`.
  Server(const ServerOptions& options, Random random);

  // A stream has been accepted.
  void open(ConnectionId connection, Time now);
  void receive(ConnectionId connection, ByteView bytes, Time now);
  // It has ended, for this reason. Nothing is to be sent on it any more.
  void end(ConnectionId connection, std::string_view why, Time now);

  // Begins anew, as after a crash: all streams are aborted, all rooms and sessions forgotten.
  void restart();

  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<StreamTransmit> poll_transmit();
  std::optional<ServerEvent> poll_event();

  [[nodiscard]] std::vector<RoomSnapshot> rooms() const;  // by name
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] std::uint64_t relayed() const { return relayed_; }  // messages taken from members

 private:
  struct Connection {
    WebSocket socket;
    SessionId session = 0;       // 0: has not joined
    Time armed = Time::never();  // its deadline in deadlines_
  };
  struct Undelivered {
    std::uint64_t number;
    std::string text;
  };
  struct Session {
    std::string secret;
    std::string room;
    std::string name;
    ConnectionId connection = 0;  // 0: absent
    std::uint64_t received = 0;   // the last number from the client
    std::uint64_t sent = 0;       // the last number to it
    std::deque<Undelivered> undelivered;
    Time gone_at = Time::never();  // when an absent one leaves
  };
  struct Deadline {
    Time at;
    bool is_session;
    std::uint64_t id;
    auto operator<=>(const Deadline&) const = default;
  };

  // Takes what the connection's WebSocket has to say, and does what follows from it.
  void drain(ConnectionId id, Time now);
  // Until no connection is touched and nobody has to leave.
  void settle(Time now);
  void take(ConnectionId id, const std::string& text, Time now);
  void take(ConnectionId id, const Join& join, Time now);
  void take(ConnectionId id, const Resume& resume, Time now);
  void take(ConnectionId id, const OutgoingSignal& signal, Time now);
  void take(ConnectionId id, const Ack& ack, Time now);
  void closed(ConnectionId id, const SocketClosed& how, Time now);
  // Sends an error and tells of it.
  void refuse(ConnectionId id, std::string reason);
  void say(ConnectionId id, const ServerMessage& message);
  // Gives the session a numbered message, now or once it has resumed.
  template <typename Message>
  void deliver(SessionId id, Message message);
  void leave(SessionId id, std::string_view reason, Time now);
  void tell(ServerEvent::Kind kind, ConnectionId connection, const Session* session,
            std::string what = {}, std::string reason = {});
  [[nodiscard]] Session* session_of(ConnectionId id);
  [[nodiscard]] std::vector<std::string> others_of(SessionId id) const;
  void arm(Connection& connection, ConnectionId id);

  ServerOptions options_;
  Random random_;
  std::map<ConnectionId, Connection> connections_;
  std::map<SessionId, Session> sessions_;
  std::map<std::string, SessionId, std::less<>> secrets_;
  std::map<std::string, std::vector<SessionId>, std::less<>> rooms_;  // in the order of joining
  std::set<Deadline> deadlines_;
  std::set<ConnectionId> touched_;  // have bytes to send, or a deadline that may have moved
  std::vector<SessionId> leaving_;  // have too much undelivered
  SessionId last_session_ = 0;
  std::uint64_t relayed_ = 0;
  std::deque<StreamTransmit> out_;
  std::deque<ServerEvent> events_;
};

}  // namespace natsim::signalling
