#include "sim/script/signalling_object.h"

#include <array>

#include <fmt/format.h>

#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using signalling::SignalKind;
using ClientState = signalling::Client::State;

constexpr std::array<Choice<ClientState>, 6> client_states = {
    {{"waiting", ClientState::waiting},
     {"connecting", ClientState::connecting},
     {"entering", ClientState::entering},
     {"entered", ClientState::entered},
     {"leaving", ClientState::leaving},
     {"left", ClientState::left}}};
constexpr std::array<Choice<SignalKind>, 6> signal_kinds = {{{"offer", SignalKind::offer},
                                                             {"answer", SignalKind::answer},
                                                             {"pranswer", SignalKind::pranswer},
                                                             {"rollback", SignalKind::rollback},
                                                             {"candidate", SignalKind::candidate},
                                                             {"bye", SignalKind::bye}}};

}  // namespace

constinit const Member SignallingServerObject::methods[] = {
    {"rooms", call_member<SignallingServerObject, &SignallingServerObject::rooms>},
    {"restart", call_member<SignallingServerObject, &SignallingServerObject::restart>},
};
constinit const Member SignallingServerObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"connections", call_member<SignallingServerObject, &SignallingServerObject::connections>},
    {"relayed", call_member<SignallingServerObject, &SignallingServerObject::relayed>},
};
const Class SignallingServerObject::lua_class = {"signalling server", "a signalling server",
                                                 methods, fields};

int SignallingServerObject::connections(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_->machine().connections()));
  return 1;
}

int SignallingServerObject::relayed(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_->machine().relayed()));
  return 1;
}

int SignallingServerObject::rooms(lua_State* lua) {
  push_list(lua, agent_->machine().rooms(), [lua](const signalling::RoomSnapshot& room) {
    TableWriter table(lua);
    table.set("name", room.name);
    push_list(lua, room.members, [lua](const signalling::MemberSnapshot& member) {
      TableWriter row(lua);
      row.set("name", member.name);
      row.set("present", member.present);
      row.set("undelivered", member.undelivered);
    });
    table.set_top("members");
  });
  return 1;
}

int SignallingServerObject::restart(lua_State* /*lua*/) {
  agent_->restart();
  return 0;
}

constinit const Member SignallingClientObject::methods[] = {
    {"wait", call_member<SignallingClientObject, &SignallingClientObject::wait>},
    {"try_wait", call_member<SignallingClientObject, &SignallingClientObject::try_wait>},
    {"send", call_member<SignallingClientObject, &SignallingClientObject::send>},
    {"receive", call_member<SignallingClientObject, &SignallingClientObject::receive>},
    {"leave", call_member<SignallingClientObject, &SignallingClientObject::leave>},
};
constinit const Member SignallingClientObject::fields[] = {
    {"state", call_member<SignallingClientObject, &SignallingClientObject::state>},
    {"members", call_member<SignallingClientObject, &SignallingClientObject::members>},
    {"waiting", call_member<SignallingClientObject, &SignallingClientObject::waiting>},
    {"unacknowledged",
     call_member<SignallingClientObject, &SignallingClientObject::unacknowledged>},
    {"entries", call_member<SignallingClientObject, &SignallingClientObject::entries>},
    {"resumptions", call_member<SignallingClientObject, &SignallingClientObject::resumptions>},
    {"last_loss", call_member<SignallingClientObject, &SignallingClientObject::last_loss>},
};
const Class SignallingClientObject::lua_class = {"signalling client", "a signalling client",
                                                 methods, fields};

SignallingClientObject::SignallingClientObject(net::Host& host,
                                               agents::SignallingClientOptions options)
    : name_(options.client.name), room_(options.client.room), agent_(host, std::move(options)) {
  agent_.on_signal = [this](const signalling::SignalReceived& signal) {
    received_.push_back(signal);
  };
}

std::string SignallingClientObject::shown() const {
  return fmt::format("member '{}' of room '{}'", name_, room_);
}

int SignallingClientObject::begin_wait(lua_State* lua, const char* function, lua_KFunction then) {
  const ClientState wanted = Value(lua, 2, function).one_of(client_states);
  const Duration timeout = Value(lua, 3, function).timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this, wanted] { return agent_.machine().state() == wanted; }, then);
}

int SignallingClientObject::wait(lua_State* lua) {
  return begin_wait(lua, "client:wait", &SignallingClientObject::finish_wait);
}

int SignallingClientObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<SignallingClientObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (!run.wait().timed_out()) return 0;
  Failure failure;
  failure.expected = fmt::format("{} within {}", lua_tostring(lua, 2),
                                 natsim::to_string(Value(lua, 3, "client:wait").duration()));
  failure.actual = to_string(self.agent_.machine().state());
  const std::string& loss = self.agent_.last_loss();
  failure.message =
      fmt::format("expected the {} to be {}, it is {}{}{}", self.shown(), failure.expected,
                  failure.actual, loss.empty() ? "" : "; it last had no connection: ", loss);
  run.fail(lua, std::move(failure));
}

int SignallingClientObject::try_wait(lua_State* lua) {
  return begin_wait(lua, "client:try_wait", &SignallingClientObject::finish_try_wait);
}

int SignallingClientObject::finish_try_wait(lua_State* lua, int /*status*/,
                                            lua_KContext /*context*/) {
  lua_pushboolean(lua, !Run::of(lua).wait().timed_out());
  return 1;
}

int SignallingClientObject::send(lua_State* lua) {
  constexpr std::uint64_t instructions_per_message = 200;  // so that endless sending ends
  const SignalKind kind = Value(lua, 2, "client:send").one_of(signal_kinds);
  const std::string payload = Value(lua, 3, "client:send").text();
  const Value to(lua, 4, "client:send");
  const std::string member = to.present() ? to.text() : std::string();
  Sandbox& sandbox = Run::of(lua).sandbox();
  sandbox.charge_instructions(lua, instructions_per_message + payload.size());
  sandbox.charge_memory(lua, payload.size());
  const auto sent = agent_.send(kind, payload, member);
  if (!sent) raise(lua, "client:send: {}", sent.error());
  return 0;
}

int SignallingClientObject::receive(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "client:receive").timeout();
  if (!received_.empty()) return push_received(lua);
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return !received_.empty(); }, &SignallingClientObject::finish_receive);
}

int SignallingClientObject::finish_receive(lua_State* lua, int /*status*/,
                                           lua_KContext /*context*/) {
  return static_cast<SignallingClientObject&>(*to_scripted(lua, 1)).push_received(lua);
}

int SignallingClientObject::push_received(lua_State* lua) {
  if (received_.empty()) {
    lua_pushnil(lua);
    return 1;
  }
  const signalling::SignalReceived signal = std::move(received_.front());
  received_.pop_front();
  TableWriter table(lua);
  table.set("type", to_string(signal.kind));
  table.set("from", signal.from);
  table.set("payload", signal.payload);
  return 1;
}

int SignallingClientObject::leave(lua_State* /*lua*/) {
  agent_.leave();
  return 0;
}

int SignallingClientObject::state(lua_State* lua) {
  push_string(lua, to_string(agent_.machine().state()));
  return 1;
}

int SignallingClientObject::members(lua_State* lua) {
  push_list(lua, agent_.machine().members(),
            [lua](const std::string& name) { push_string(lua, name); });
  return 1;
}

int SignallingClientObject::waiting(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(received_.size()));
  return 1;
}

int SignallingClientObject::unacknowledged(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_.machine().unacknowledged()));
  return 1;
}

int SignallingClientObject::entries(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_.entries()));
  return 1;
}

int SignallingClientObject::resumptions(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(agent_.resumptions()));
  return 1;
}

int SignallingClientObject::last_loss(lua_State* lua) {
  const std::string& reason = agent_.last_loss();
  if (reason.empty()) {
    lua_pushnil(lua);
  } else {
    lua_pushlstring(lua, reason.data(), reason.size());
  }
  return 1;
}

}  // namespace natsim::script
