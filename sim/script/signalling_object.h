// Signalling servers and their clients, as scripts see them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "sim/agents/signalling_client.h"
#include "sim/agents/signalling_server.h"
#include "sim/script/reachable.h"

namespace natsim::script {

// server.endpoint, server.connections, server.relayed, server:rooms(), server:restart().
class SignallingServerObject : public Reachable {
 public:
  static const Class lua_class;

  explicit SignallingServerObject(std::unique_ptr<agents::SignallingServer> agent)
      : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return agent_->endpoint(); }
  [[nodiscard]] bool uses_tls() const { return agent_->uses_tls(); }
  [[nodiscard]] const net::Host& host() const { return agent_->host(); }

 private:
  int connections(lua_State* lua);
  int relayed(lua_State* lua);
  int rooms(lua_State* lua);
  int restart(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::SignallingServer> agent_;
};

// client:wait(state, timeout), client:try_wait(state, timeout), client:send(type, payload, to),
// client:receive(timeout), client:leave(); client.state, client.members, client.waiting,
// client.unacknowledged, client.entries, client.resumptions, client.last_loss.
class SignallingClientObject : public Scripted {
 public:
  static const Class lua_class;

  SignallingClientObject(net::Host& host, agents::SignallingClientOptions options);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

 private:
  int wait(lua_State* lua);
  int try_wait(lua_State* lua);
  int send(lua_State* lua);
  int receive(lua_State* lua);
  int leave(lua_State* lua);
  int state(lua_State* lua);
  int members(lua_State* lua);
  int waiting(lua_State* lua);
  int unacknowledged(lua_State* lua);
  int entries(lua_State* lua);
  int resumptions(lua_State* lua);
  int last_loss(lua_State* lua);

  int begin_wait(lua_State* lua, const char* function, lua_KFunction then);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_try_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_receive(lua_State* lua, int status, lua_KContext context);
  int push_received(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  std::string name_;  // in the room, and that room
  std::string room_;
  agents::SignallingClient agent_;
  std::deque<signalling::SignalReceived> received_;
};

}  // namespace natsim::script
