// A relay for TCP in a script's hands.
#pragma once

#include <memory>

#include "sim/agents/turn_tcp_relay.h"
#include "sim/script/reachable.h"

namespace natsim::script {

// relay:wait(timeout), permit(address), connect(to, timeout), accept(timeout), close();
// relay.endpoint, relay.ended.
class TurnTcpObject : public Reachable {
 public:
  static const Class lua_class;

  TurnTcpObject(net::Host& host, std::unique_ptr<agents::TurnTcpRelay> agent)
      : host_(host), agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  // Unset until it is allocated.
  [[nodiscard]] Endpoint endpoint() const override { return agent_->relayed(); }

 private:
  int wait(lua_State* lua);
  int permit(lua_State* lua);
  int connect(lua_State* lua);
  int accept(lua_State* lua);
  int close(lua_State* lua);
  int ended(lua_State* lua);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_connect(lua_State* lua, int status, lua_KContext context);
  static int finish_accept(lua_State* lua, int status, lua_KContext context);
  int push_connection(lua_State* lua, agents::TurnTcpRelay::Connected connection);

  static const Member methods[];
  static const Member fields[];

  net::Host& host_;
  std::unique_ptr<agents::TurnTcpRelay> agent_;
};

}  // namespace natsim::script
