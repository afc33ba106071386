#include "sim/script/turn_tcp_object.h"

#include <utility>

#include <fmt/format.h>

#include "sim/script/host_object.h"
#include "sim/script/ice_servers.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"
#include "sim/script/tcp_socket_object.h"
#include "sim/script/value.h"

namespace natsim::script {

constinit const Member TurnTcpObject::methods[] = {
    {"wait", call_member<TurnTcpObject, &TurnTcpObject::wait>},
    {"permit", call_member<TurnTcpObject, &TurnTcpObject::permit>},
    {"connect", call_member<TurnTcpObject, &TurnTcpObject::connect>},
    {"accept", call_member<TurnTcpObject, &TurnTcpObject::accept>},
    {"close", call_member<TurnTcpObject, &TurnTcpObject::close>},
};
constinit const Member TurnTcpObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"ended", call_member<TurnTcpObject, &TurnTcpObject::ended>},
};
const Class TurnTcpObject::lua_class = {"turn_tcp_relay", "a relay for TCP", methods, fields};

int HostObject::turn_tcp_relay(lua_State* lua) {
  require_address(lua, "host:turn_tcp_relay");
  const auto use = read_tcp_relay_use(Value(lua, 2, "host:turn_tcp_relay"));
  auto agent = agents::TurnTcpRelay::start(host_, {use.address, use.username, use.password});
  if (!agent) raise(lua, "host:turn_tcp_relay: {}", agent.error());
  push(lua, Run::of(lua).make<TurnTcpObject>(lua, host_, std::move(agent.value())));
  return 1;
}

std::string TurnTcpObject::shown() const {
  return fmt::format("relay for TCP of '{}'", host_.label());
}

int TurnTcpObject::wait(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "relay:wait").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return endpoint().is_set() || !agent_->ended().empty(); },
      &TurnTcpObject::finish_wait);
}

int TurnTcpObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<TurnTcpObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (self.endpoint().is_set()) return 0;
  Failure failure;
  failure.expected =
      fmt::format("allocated within {}", natsim::to_string(Value(lua, 2, "relay:wait").duration()));
  failure.actual = self.agent_->ended().empty() ? "still asked for" : self.agent_->ended();
  failure.message = fmt::format("expected the {} to be {}, it is {}", self.shown(),
                                failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

int TurnTcpObject::permit(lua_State* lua) {
  const Value who(lua, 2, "relay:permit");
  const auto address = IpAddress::parse(who.text());
  if (!address) who.refuse("an address such as \"192.0.2.1\"");
  agent_->permit(*address);
  return 0;
}

int TurnTcpObject::connect(lua_State* lua) {
  lua_settop(lua, 3);  // reading the first argument pushes more
  const Duration timeout = Value(lua, 3, "relay:connect").timeout();
  const Endpoint peer = read_endpoint(Value(lua, 2, "relay:connect"));
  lua_settop(lua, 3);
  agent_->connect(peer);
  return Run::of(lua).wait().begin(
      lua, timeout, [this, peer] { return agent_->has_news_of(peer); },
      &TurnTcpObject::finish_connect);
}

int TurnTcpObject::finish_connect(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<TurnTcpObject&>(*to_scripted(lua, 1));
  const Endpoint peer = read_endpoint(Value(lua, 2, "relay:connect"));
  if (auto connection = self.agent_->take_connected(peer)) {
    return self.push_connection(lua, std::move(*connection));
  }
  lua_pushnil(lua);
  push_string(lua, self.agent_->take_failure(peer).value_or("not within the timeout"));
  return 2;
}

int TurnTcpObject::accept(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "relay:accept").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return agent_->has_accepted(); }, &TurnTcpObject::finish_accept);
}

int TurnTcpObject::finish_accept(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<TurnTcpObject&>(*to_scripted(lua, 1));
  if (auto connection = self.agent_->take_accepted()) {
    return self.push_connection(lua, std::move(*connection));
  }
  lua_pushnil(lua);
  return 1;
}

int TurnTcpObject::push_connection(lua_State* lua, agents::TurnTcpRelay::Connected connection) {
  auto& socket = Run::of(lua).make<TcpSocketObject>(lua, host_);
  socket.adopt(std::move(connection.socket));
  push(lua, socket);
  push_string(lua, to_string(connection.peer));
  return 2;
}

int TurnTcpObject::close(lua_State* /*lua*/) {
  agent_->close();
  return 0;
}

int TurnTcpObject::ended(lua_State* lua) {
  if (agent_->ended().empty()) return 0;
  push_string(lua, agent_->ended());
  return 1;
}

}  // namespace natsim::script
