// A call as a script sees it.
#pragma once

#include <memory>
#include <string>

#include "sim/agents/call.h"
#include "sim/script/object.h"
#include "sim/script/peer_object.h"

namespace natsim::script {

// call:wait(state, timeout), call:try_wait(state, timeout), call:pairs(), call:send(bytes),
// call:restart_ice(), call:wait_for_restart(timeout), call:close(); call.state, call.ice_time,
// call.selected_pair, call.caller, call.callee. Without a side, the caller's is meant.
class CallObject : public Scripted {
 public:
  static const Class lua_class;

  explicit CallObject(std::unique_ptr<agents::Call> call);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

 private:
  int wait(lua_State* lua);
  int try_wait(lua_State* lua);
  int pairs(lua_State* lua) { return caller_.pairs(lua); }
  int send(lua_State* lua) { return caller_.send(lua); }
  int restart_ice(lua_State* lua) { return caller_.restart_ice(lua); }
  int wait_for_restart(lua_State* lua);
  int close(lua_State* lua);
  int state(lua_State* lua);
  int ice_time(lua_State* lua);
  int selected_pair(lua_State* lua) { return caller_.selected_pair(lua); }
  int caller(lua_State* lua);
  int callee(lua_State* lua);

  int begin_wait(lua_State* lua, const char* function, lua_KFunction then);
  static int finish_restart(lua_State* lua, int status, lua_KContext context);
  static int finish_wait(lua_State* lua, int status, lua_KContext context);
  static int finish_try_wait(lua_State* lua, int status, lua_KContext context);
  // Raises if a side could not start, or did not get on with the other's description.
  void check_start(lua_State* lua) const;
  // No wait for the state can be over any more but by its timeout: a side has been closed, or has
  // failed for good.
  [[nodiscard]] bool out_of_reach(agents::CallState wanted) const;
  // How the call stands, and since when, with both sides' states:
  // "failed since 40.123000s (alice: failed, bob: checking)".
  [[nodiscard]] std::string standing() const;

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::Call> call_;
  PeerObject caller_;
  PeerObject callee_;
  agents::CallState state_;  // as it was last heard of
  Time since_;               // when it came into that state
  bool reached_ = false;     // the last wait saw the state that it was for
};

}  // namespace natsim::script
