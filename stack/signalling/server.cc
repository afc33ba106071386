#include "stack/signalling/server.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "stack/signalling/take_front.h"

namespace natsim::signalling {
namespace {

constexpr std::size_t longest_name = 64;  // bytes, of rooms and members

}  // namespace

std::string_view to_string(ServerEvent::Kind kind) {
  constexpr std::string_view names[] = {"joined", "resumed", "relayed", "refused",
                                        "absent", "left",    "closed"};
  return names[static_cast<std::size_t>(kind)];
}

Server::Server(const ServerOptions& options, Random random) : options_(options), random_(random) {}

void Server::open(ConnectionId connection, Time now) {
  connections_.emplace(connection, Connection{WebSocket::server(options_.websocket, now)});
  drain(connection, now);
}

void Server::receive(ConnectionId connection, ByteView bytes, Time now) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  found->second.socket.receive(bytes, now);
  drain(connection, now);
}

void Server::end(ConnectionId connection, std::string_view why, Time now) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  found->second.socket.end(why);
  drain(connection, now);
}

void Server::restart() {
  for (const auto& [id, connection] : connections_) out_.push_back({id, {}, StreamEnd::abort});
  connections_.clear();
  sessions_.clear();
  secrets_.clear();
  rooms_.clear();
  deadlines_.clear();
}

void Server::handle_timeout(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->at <= now) {
    const Deadline due = *deadlines_.begin();
    if (due.is_session) {
      leave(due.id, fmt::format("absent for {}", to_string(options_.resume_window)), now);
      settle(now);
    } else {
      connections_.at(due.id).socket.handle_timeout(now);
      drain(due.id, now);
    }
  }
}

Time Server::next_timeout() const {
  return deadlines_.empty() ? Time::never() : deadlines_.begin()->at;
}

void Server::drain(ConnectionId id, Time now) {
  touched_.insert(id);
  settle(now);
}

void Server::settle(Time now) {
  while (!touched_.empty() || !leaving_.empty()) {
    if (!leaving_.empty()) {
      const SessionId id = leaving_.back();
      leaving_.pop_back();
      leave(id, "too many messages wait for it", now);
      continue;
    }
    const ConnectionId id = *touched_.begin();
    touched_.erase(touched_.begin());
    std::optional<SocketClosed> end;
    while (true) {
      const auto found = connections_.find(id);
      if (found == connections_.end()) break;
      const auto event = found->second.socket.poll_event();
      if (!event) break;
      if (const auto* const received = std::get_if<SocketReceived>(&*event)) {
        take(id, received->text, now);
      } else if (const auto* const closed = std::get_if<SocketClosed>(&*event)) {
        end = *closed;
      }
    }
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    Bytes bytes = found->second.socket.poll_bytes();
    // With nobody there, or nothing more to say, an end in order would only wait for its answer.
    const StreamEnd stream_end = !end ? StreamEnd::none
                                 : end->code == close_code::abnormal && bytes.empty()
                                     ? StreamEnd::abort
                                     : StreamEnd::close;
    if (!bytes.empty() || end) out_.push_back({id, std::move(bytes), stream_end});
    if (end) {
      closed(id, *end, now);
    } else {
      arm(found->second, id);
    }
  }
}

void Server::arm(Connection& connection, ConnectionId id) {
  const Time at = connection.socket.next_timeout();
  if (at == connection.armed) return;
  deadlines_.erase({connection.armed, false, id});
  connection.armed = at;
  if (!at.is_never()) deadlines_.insert({at, false, id});
}

void Server::take(ConnectionId id, const std::string& text, Time now) {
  const auto message = parse_client_message(text);
  if (!message) return refuse(id, message.error());
  std::visit([&](const auto& one) { take(id, one, now); }, message.value());
}

void Server::take(ConnectionId id, const Join& join, Time /*now*/) {
  const auto is_name = [](const std::string& name) {
    return !name.empty() && name.size() <= longest_name;
  };
  if (session_of(id) != nullptr) return refuse(id, "it has joined a room already");
  if (!is_name(join.room) || !is_name(join.name)) {
    return refuse(id, fmt::format("a room and a name have 1 to {} bytes", longest_name));
  }
  const auto room = rooms_.find(join.room);
  if (room != rooms_.end()) {
    if (room->second.size() >= options_.max_members) return refuse(id, "the room is full");
    for (const SessionId other : room->second) {
      if (sessions_.at(other).name == join.name) return refuse(id, "the name is taken");
    }
  }
  std::array<std::uint8_t, 16> drawn{};
  random_.fill(drawn);
  std::string secret;
  for (const std::uint8_t byte : drawn) secret += fmt::format("{:02x}", byte);
  const SessionId made = ++last_session_;
  secrets_.emplace(secret, made);
  rooms_[join.room].push_back(made);
  Session& session = sessions_[made];
  session.secret = std::move(secret);
  session.room = join.room;
  session.name = join.name;
  session.connection = id;
  connections_.at(id).session = made;
  tell(ServerEvent::Kind::joined, id, &session);
  say(id, Joined{session.secret, others_of(made)});
  for (const SessionId other : rooms_.at(join.room)) {
    if (other != made) deliver(other, Arrived{0, join.name});
  }
}

void Server::take(ConnectionId id, const Resume& resume, Time now) {
  if (session_of(id) != nullptr) return refuse(id, "it has joined a room already");
  const auto found = secrets_.find(resume.session);
  if (found == secrets_.end()) return refuse(id, "unknown session");
  Session& session = sessions_.at(found->second);
  if (resume.received > session.sent) return refuse(id, "it acknowledges what was not sent");
  if (session.connection != 0) {
    Connection& old = connections_.at(session.connection);
    old.session = 0;
    old.socket.close(close_code::policy_violation, "resumed by another connection", now);
    touched_.insert(session.connection);
  }
  deadlines_.erase({session.gone_at, true, found->second});
  session.gone_at = Time::never();
  session.connection = id;
  connections_.at(id).session = found->second;
  while (!session.undelivered.empty() && session.undelivered.front().number <= resume.received) {
    session.undelivered.pop_front();
  }
  tell(ServerEvent::Kind::resumed, id, &session);
  say(id, Resumed{session.received, others_of(found->second)});
  for (const Undelivered& one : session.undelivered) connections_.at(id).socket.send(one.text);
}

void Server::take(ConnectionId id, const OutgoingSignal& signal, Time /*now*/) {
  Session* const session = session_of(id);
  if (session == nullptr) return refuse(id, "it has not joined a room");
  if (signal.number <= session->received) return say(id, Ack{session->received});  // sent twice
  if (signal.number != session->received + 1) {
    return refuse(id, fmt::format("number {} follows {}", signal.number, session->received));
  }
  session->received = signal.number;
  say(id, Ack{session->received});
  std::vector<SessionId> to;
  for (const SessionId other : rooms_.at(session->room)) {
    const bool is_sender = &sessions_.at(other) == session;
    const bool is_meant = signal.to.empty() || sessions_.at(other).name == signal.to;
    if (!is_sender && is_meant) to.push_back(other);
  }
  if (to.empty()) {
    return refuse(id, signal.to.empty() ? "nobody else is in the room"
                                        : "nobody else in the room has that name");
  }
  ++relayed_;
  tell(ServerEvent::Kind::relayed, id, session, std::string(to_string(signal.kind)));
  for (const SessionId other : to) {
    deliver(other, IncomingSignal{signal.kind, 0, session->name, signal.payload});
  }
}

void Server::take(ConnectionId id, const Ack& ack, Time /*now*/) {
  Session* const session = session_of(id);
  if (session == nullptr) return refuse(id, "it has not joined a room");
  if (ack.received > session->sent) return refuse(id, "it acknowledges what was not sent");
  while (!session->undelivered.empty() && session->undelivered.front().number <= ack.received) {
    session->undelivered.pop_front();
  }
}

void Server::closed(ConnectionId id, const SocketClosed& how, Time now) {
  const auto found = connections_.find(id);
  deadlines_.erase({found->second.armed, false, id});
  const SessionId session_id = found->second.session;
  connections_.erase(found);
  if (session_id == 0) return tell(ServerEvent::Kind::closed, id, nullptr, {}, how.reason);
  Session& session = sessions_.at(session_id);
  session.connection = 0;
  const bool leaves =
      how.by_peer && (how.code == close_code::normal || how.code == close_code::going_away);
  if (leaves) return leave(session_id, how.reason.empty() ? "closed" : how.reason, now);
  session.gone_at = now + options_.resume_window;
  deadlines_.insert({session.gone_at, true, session_id});
  tell(ServerEvent::Kind::absent, id, &session, {}, how.reason);
}

void Server::leave(SessionId id, std::string_view reason, Time now) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const Session session = std::move(found->second);
  deadlines_.erase({session.gone_at, true, id});
  secrets_.erase(session.secret);
  sessions_.erase(found);
  std::vector<SessionId>& room = rooms_.at(session.room);
  std::erase(room, id);
  if (session.connection != 0) {
    Connection& connection = connections_.at(session.connection);
    connection.session = 0;
    connection.socket.close(close_code::policy_violation, reason, now);
    touched_.insert(session.connection);
  }
  tell(ServerEvent::Kind::left, session.connection, &session, {}, std::string(reason));
  if (room.empty()) {
    rooms_.erase(session.room);
    return;
  }
  for (const SessionId other : room) {
    deliver(other, Left{0, session.name, std::string(reason)});
  }
}

template <typename Message>
void Server::deliver(SessionId id, Message message) {
  Session& session = sessions_.at(id);
  message.number = ++session.sent;
  session.undelivered.push_back({message.number, encode(ServerMessage(std::move(message)))});
  if (session.connection != 0) {
    connections_.at(session.connection).socket.send(session.undelivered.back().text);
    touched_.insert(session.connection);
  }
  if (session.undelivered.size() > options_.max_undelivered) leaving_.push_back(id);
}

void Server::refuse(ConnectionId id, std::string reason) {
  say(id, Refusal{reason});
  tell(ServerEvent::Kind::refused, id, session_of(id), {}, std::move(reason));
}

void Server::say(ConnectionId id, const ServerMessage& message) {
  connections_.at(id).socket.send(encode(message));
  touched_.insert(id);
}

void Server::tell(ServerEvent::Kind kind, ConnectionId connection, const Session* session,
                  std::string what, std::string reason) {
  events_.push_back({kind, connection, session == nullptr ? std::string() : session->room,
                     session == nullptr ? std::string() : session->name, std::move(what),
                     std::move(reason)});
}

Server::Session* Server::session_of(ConnectionId id) {
  const SessionId session = connections_.at(id).session;
  return session == 0 ? nullptr : &sessions_.at(session);
}

std::vector<std::string> Server::others_of(SessionId id) const {
  std::vector<std::string> names;
  for (const SessionId other : rooms_.at(sessions_.at(id).room)) {
    if (other != id) names.push_back(sessions_.at(other).name);
  }
  return names;
}

std::optional<StreamTransmit> Server::poll_transmit() { return take_front(out_); }

std::optional<ServerEvent> Server::poll_event() { return take_front(events_); }

std::vector<RoomSnapshot> Server::rooms() const {
  std::vector<RoomSnapshot> rooms;
  for (const auto& [name, members] : rooms_) {
    RoomSnapshot& room = rooms.emplace_back(RoomSnapshot{name, {}});
    for (const SessionId id : members) {
      const Session& session = sessions_.at(id);
      room.members.push_back({session.name, session.connection != 0, session.undelivered.size()});
    }
  }
  return rooms;
}

}  // namespace natsim::signalling
