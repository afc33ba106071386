#include "sim/script/call_object.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using agents::CallState;

constexpr std::array<Choice<CallState>, 5> states = {{{"connecting", CallState::connecting},
                                                      {"connected", CallState::connected},
                                                      {"disconnected", CallState::disconnected},
                                                      {"failed", CallState::failed},
                                                      {"closed", CallState::closed}}};

}  // namespace

constinit const Member CallObject::methods[] = {
    {"wait", call_member<CallObject, &CallObject::wait>},
    {"try_wait", call_member<CallObject, &CallObject::try_wait>},
    {"pairs", call_member<CallObject, &CallObject::pairs>},
    {"send", call_member<CallObject, &CallObject::send>},
    {"restart_ice", call_member<CallObject, &CallObject::restart_ice>},
    {"wait_for_restart", call_member<CallObject, &CallObject::wait_for_restart>},
    {"close", call_member<CallObject, &CallObject::close>},
};
constinit const Member CallObject::fields[] = {
    {"state", call_member<CallObject, &CallObject::state>},
    {"ice_time", call_member<CallObject, &CallObject::ice_time>},
    {"selected_pair", call_member<CallObject, &CallObject::selected_pair>},
    {"caller", call_member<CallObject, &CallObject::caller>},
    {"callee", call_member<CallObject, &CallObject::callee>},
};
const Class CallObject::lua_class = {"call", "a call", methods, fields};

CallObject::CallObject(std::unique_ptr<agents::Call> call)
    : call_(std::move(call)),
      caller_(call_->caller(), call_->caller_connection(), *call_),
      callee_(call_->callee(), call_->callee_connection(), *call_),
      state_(call_->state()),
      since_(call_->started_at()) {
  call_->on_change = [this] {
    if (std::exchange(state_, call_->state()) == state_) return;
    since_ = call_->caller().world().now();
  };
}

std::string CallObject::shown() const {
  return fmt::format("call '{}' to '{}'", call_->caller().host().label(),
                     call_->callee().host().label());
}

std::string CallObject::standing() const {
  const auto side = [](const agents::IcePeer& peer) {
    const ice::AgentState state = peer.session().state();
    const bool undecided =
        state == ice::AgentState::connected && !peer.session().has_selected_all();
    return fmt::format("{}: {}{}", peer.host().label(), to_string(state),
                       undecided ? " but without a selected pair" : "");
  };
  return fmt::format("{} since {} ({}, {})", to_string(call_->state()), to_string(since_),
                     side(call_->caller()), side(call_->callee()));
}

bool CallObject::out_of_reach(CallState wanted) const {
  if (wanted == CallState::closed) return false;
  if (call_->state() == CallState::closed) return true;
  if (wanted == CallState::failed) return false;
  const auto is_over = [](const ice::Session& session) {
    return session.state() == ice::AgentState::closed || session.failed_for_good();
  };
  return is_over(call_->caller().session()) || is_over(call_->callee().session());
}

void CallObject::check_start(lua_State* lua) const {
  const std::string error = call_->error();
  if (!error.empty()) raise(lua, "net:call: {}", error);
}

int CallObject::begin_wait(lua_State* lua, const char* function, lua_KFunction then) {
  const CallState wanted = Value(lua, 2, function).one_of(states);
  const Duration timeout = Value(lua, 3, function).timeout();
  return Run::of(lua).wait().begin(
      lua, timeout,
      [this, wanted] {
        reached_ = call_->state() == wanted;
        return reached_ || out_of_reach(wanted) || !call_->error().empty();
      },
      then);
}

int CallObject::wait(lua_State* lua) {
  return begin_wait(lua, "call:wait", &CallObject::finish_wait);
}

int CallObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<CallObject&>(*to_scripted(lua, 1));
  self.check_start(lua);
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (self.reached_) return 0;
  Failure failure;
  failure.expected = fmt::format("{} within {}", lua_tostring(lua, 2),
                                 natsim::to_string(Value(lua, 3, "call:wait").duration()));
  failure.actual = self.standing() + (run.wait().timed_out() ? "" : " and stays so");
  failure.message = fmt::format("expected the {} to be {}, it is {}", self.shown(),
                                failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

int CallObject::try_wait(lua_State* lua) {
  return begin_wait(lua, "call:try_wait", &CallObject::finish_try_wait);
}

int CallObject::finish_try_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<CallObject&>(*to_scripted(lua, 1));
  self.check_start(lua);
  lua_pushboolean(lua, self.reached_);
  return 1;
}

int CallObject::wait_for_restart(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "call:wait_for_restart").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout,
      [this] {
        reached_ = call_->restarts_done();
        return reached_ || out_of_reach(CallState::connected);
      },
      &CallObject::finish_restart);
}

int CallObject::finish_restart(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<CallObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (self.reached_) return 0;
  Failure failure;
  failure.expected =
      fmt::format("on a pair of the restarted ICE within {}",
                  natsim::to_string(Value(lua, 2, "call:wait_for_restart").duration()));
  failure.actual = self.standing() + (run.wait().timed_out() ? "" : " and stays so");
  failure.message = fmt::format("expected the {} to be {}, it is {}", self.shown(),
                                failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

int CallObject::close(lua_State* /*lua*/) {
  call_->close();
  return 0;
}

int CallObject::state(lua_State* lua) {
  push_string(lua, to_string(call_->state()));
  return 1;
}

int CallObject::ice_time(lua_State* lua) {
  if (call_->connected_at().is_never()) return 0;
  push_duration(lua, call_->connected_at() - call_->started_at());
  return 1;
}

int CallObject::caller(lua_State* lua) {
  push(lua, caller_);
  return 1;
}

int CallObject::callee(lua_State* lua) {
  push(lua, callee_);
  return 1;
}

}  // namespace natsim::script
