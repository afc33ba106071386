// The signalling programs that a script can run on a host.
#include <utility>

#include "sim/script/host_object.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/signalling_object.h"
#include "sim/script/signalling_settings.h"

namespace natsim::script {

int HostObject::signalling_server(lua_State* lua) {
  begin_program(lua, "host:signalling_server");
  if (signalling_ != nullptr) {
    raise(lua, "host:signalling_server: {} runs a signalling server already", shown());
  }
  const auto settings = read_signalling_server(Value(lua, 2, "host:signalling_server"), host_);
  auto agent =
      agents::SignallingServer::start(host_, settings.binding, settings.server, settings.tls);
  if (!agent) raise(lua, "host:signalling_server: {}", agent.error());
  signalling_ = &Run::of(lua).make<SignallingServerObject>(lua, std::move(agent.value()));
  push(lua, *signalling_);
  return 1;
}

int HostObject::signalling_client(lua_State* lua) {
  begin_program(lua, "host:signalling_client");
  lua_settop(lua, 3);  // what is read along the way goes above the arguments
  const Value server(lua, 2, "host:signalling_client");
  auto options = read_signalling_client(Value(lua, 3, "host:signalling_client"), host_, server);
  push(lua, Run::of(lua).make<SignallingClientObject>(lua, host_, std::move(options)));
  return 1;
}

}  // namespace natsim::script
