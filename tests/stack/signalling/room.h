// Clients and server on streams that take their time, and break.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "stack/signalling/client.h"
#include "stack/signalling/server.h"

namespace natsim::signalling {

inline constexpr Duration one_way = milliseconds(10);
using Lines = std::vector<std::string>;

// A server and clients by name, on streams of one_way each way. A stream that is cut loses what is
// under way, and both ends hear of it only when they are told.
class Room {
 public:
  explicit Room(const ServerOptions& options = {}) : server(options, Random(7)) {}

  struct Member {
    std::unique_ptr<Client> client;
    ConnectionId connection = 0;  // 0: none
    Lines told;
  };

  Member& add(const std::string& name, ClientOptions options = {}) {
    if (options.room.empty()) options.room = "r";
    options.name = name;
    Member& member = members[name];
    member.client =
        std::make_unique<Client>(options, Random(static_cast<std::uint64_t>(name.front())), now);
    settle();
    return member;
  }

  // The member's stream takes nothing any more. Its ends hear of it if they are to.
  void cut(const std::string& name, bool is_heard) {
    Member& member = members.at(name);
    const ConnectionId id = std::exchange(member.connection, 0);
    std::erase_if(under_way_, [id](const Parcel& parcel) { return parcel.connection == id; });
    if (!is_heard) return;
    member.client->end("reset", now);
    server.end(id, "reset", now);
    settle();
  }

  void run_until(Time end) {
    while (true) {
      Time next = server.next_timeout();
      for (const auto& [name, member] : members)
        next = std::min(next, member.client->next_timeout());
      if (!under_way_.empty()) next = std::min(next, under_way_.front().due);
      if (next > end) break;
      now = std::max(now, next);
      if (!under_way_.empty() && under_way_.front().due <= now) {
        const Parcel parcel = under_way_.front();
        under_way_.pop_front();
        arrive(parcel);
      } else {
        server.handle_timeout(now);
        for (auto& [name, member] : members) member.client->handle_timeout(now);
      }
      settle();
    }
    now = end;
  }
  void run_for(Duration span) { run_until(now + span); }

  bool send(const std::string& name, SignalKind kind, const std::string& payload,
            const std::string& to = {}) {
    const auto sent = members.at(name).client->send(kind, payload, to, now);
    settle();
    return sent.ok();
  }

  void leave(const std::string& name) {
    members.at(name).client->leave(now);
    settle();
  }

  Time now{};
  Server server;
  std::map<std::string, Member> members;
  Lines events;           // the server's
  bool reachable = true;  // or no stream can be opened

 private:
  struct Parcel {
    Time due;
    ConnectionId connection;
    bool to_server;
    enum class What { opened, bytes, end } what;
    Bytes bytes;
  };

  Member* member_of(ConnectionId id) {
    for (auto& [name, member] : members) {
      if (member.connection == id) return &member;
    }
    return nullptr;
  }
  void arrive(const Parcel& parcel) {
    Member* const member = member_of(parcel.connection);
    if (member == nullptr) return;  // cut
    switch (parcel.what) {
      case Parcel::What::opened:
        server.open(parcel.connection, now);
        member->client->connected(now);
        break;
      case Parcel::What::bytes:
        if (parcel.to_server) {
          server.receive(parcel.connection, parcel.bytes, now);
        } else {
          member->client->receive(parcel.bytes, now);
        }
        break;
      case Parcel::What::end:
        member->connection = 0;
        if (parcel.to_server) {
          server.end(parcel.connection, "closed", now);
        } else {
          member->client->end("closed", now);
        }
        break;
    }
  }
  void settle() {
    for (bool quiet = false; !quiet;) {
      quiet = true;
      for (auto& entry : members) {
        Member& member = entry.second;
        while (const auto order = member.client->poll_order()) {
          quiet = false;
          carry(member, *order);
        }
        while (const auto event = member.client->poll_event()) {
          quiet = false;
          std::visit([&](const auto& one) { member.told.push_back(line(one)); }, *event);
        }
      }
      while (auto out = server.poll_transmit()) {
        quiet = false;
        if (!out->bytes.empty()) post(out->connection, false, Parcel::What::bytes, out->bytes);
        if (out->end != StreamEnd::none) post(out->connection, false, Parcel::What::end, {});
      }
      while (const auto event = server.poll_event()) {
        events.push_back(fmt::format("{} {}{}{}", to_string(event->kind), event->name,
                                     event->what.empty() && event->reason.empty() ? "" : " ",
                                     event->what.empty() ? event->reason : event->what));
      }
    }
  }
  void carry(Member& member, const StreamOrder& order) {
    if (std::holds_alternative<OpenStream>(order)) {
      if (!reachable) return;
      member.connection = ++last_connection_;
      post(member.connection, true, Parcel::What::opened, {});
    } else if (const auto* const bytes = std::get_if<SendBytes>(&order)) {
      post(member.connection, true, Parcel::What::bytes, bytes->bytes);
    } else {
      post(member.connection, true, Parcel::What::end, {});
    }
  }
  void post(ConnectionId id, bool to_server, Parcel::What what, Bytes bytes) {
    if (id == 0) return;
    under_way_.push_back({now + one_way, id, to_server, what, std::move(bytes)});
  }
  static std::string line(const Entered& e) { return e.resumed ? "resumed" : "joined"; }
  static std::string line(const MemberArrived& e) { return e.name + " arrived"; }
  static std::string line(const MemberLeft& e) { return e.name + " left: " + e.reason; }
  static std::string line(const SignalReceived& e) {
    return fmt::format("{} from {}: {}", to_string(e.kind), e.from, e.payload);
  }
  static std::string line(const ServerRefused& e) { return "error: " + e.reason; }
  static std::string line(const ConnectionLost& e) { return "lost: " + e.reason; }
  static std::string line(const ClientLeft&) { return "gone"; }

  std::deque<Parcel> under_way_;  // all take as long, so in order
  ConnectionId last_connection_ = 0;
};

}  // namespace natsim::signalling
