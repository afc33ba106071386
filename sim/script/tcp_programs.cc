// The TCP programs that a script can run on a host.
#include <utility>

#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/tcp_settings.h"
#include "sim/script/tcp_socket_object.h"
#include "sim/script/tcp_source_object.h"

namespace natsim::script {

int HostObject::tcp_listen(lua_State* lua) {
  begin_program(lua, "host:tcp_listen");
  auto& listener = Run::of(lua).make<TcpListenerObject>(lua, host_);
  const std::string reason =
      listener.open(read_tcp_listening(Value(lua, 2, "host:tcp_listen"), address()));
  if (!reason.empty()) raise(lua, "host:tcp_listen: {}", reason);
  push(lua, listener);
  return 1;
}

int HostObject::tcp_connect(lua_State* lua) {
  begin_program(lua, "host:tcp_connect");
  lua_settop(lua, 3);  // reading the first argument pushes more
  const Value target(lua, 2, "host:tcp_connect");
  const Endpoint to = read_endpoint(target);
  const auto binding =
      read_tcp_binding(Value(lua, 3, "host:tcp_connect"), tcp_source_address(target, host_, to));
  auto& socket = Run::of(lua).make<TcpSocketObject>(lua, host_);
  const std::string reason = socket.connect(binding, to);
  if (!reason.empty()) raise(lua, "host:tcp_connect: {}", reason);
  push(lua, socket);
  return 1;
}

int HostObject::serve_tcp(lua_State* lua, std::string_view function, agents::TcpServiceKind kind) {
  begin_program(lua, function);
  auto agent = agents::TcpService::start(host_, kind,
                                         read_tcp_listening(Value(lua, 2, function), address()));
  if (!agent) raise(lua, "{}: {}", function, agent.error());
  push(lua, Run::of(lua).make<TcpServiceObject>(lua, std::move(agent.value())));
  return 1;
}

int HostObject::tcp_echo(lua_State* lua) {
  return serve_tcp(lua, "host:tcp_echo", agents::TcpServiceKind::echo);
}

int HostObject::tcp_discard(lua_State* lua) {
  return serve_tcp(lua, "host:tcp_discard", agents::TcpServiceKind::discard);
}

int HostObject::tcp_source(lua_State* lua) {
  begin_program(lua, "host:tcp_source");
  auto agent =
      agents::TcpSource::start(host_, read_tcp_source(Value(lua, 2, "host:tcp_source"), host_));
  if (!agent) raise(lua, "host:tcp_source: {}", agent.error());
  push(lua, Run::of(lua).make<TcpSourceObject>(lua, std::move(agent.value())));
  return 1;
}

int HostObject::tcp_silent(lua_State* lua) {
  host_.tcp().set_silent(Value(lua, 2, "host:tcp_silent").boolean());
  return 0;
}

}  // namespace natsim::script
