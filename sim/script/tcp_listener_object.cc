#include <utility>

#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/tcp_socket_object.h"

namespace natsim::script {

constinit const Member TcpListenerObject::methods[] = {
    {"accept", call_member<TcpListenerObject, &TcpListenerObject::accept_next>},
    {"close", call_member<TcpListenerObject, &TcpListenerObject::close>},
};
constinit const Member TcpListenerObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"port", call_member<TcpListenerObject, &TcpListenerObject::port>},
    {"waiting", call_member<TcpListenerObject, &TcpListenerObject::waiting>},
};
const Class TcpListenerObject::lua_class = {"tcp listener", "a TCP listener", methods, fields};

std::string TcpListenerObject::open(const net::TcpBinding& binding) {
  auto listener = host_.tcp().listen(binding, *this);
  if (!listener) return listener.error();
  listener_ = std::move(listener.value());
  local_ = listener_->local();
  return {};
}

void TcpListenerObject::accept(net::TcpListener& /*listener*/,
                               std::unique_ptr<net::TcpSocket> socket) {
  accepted_.push_back(std::move(socket));
}

int TcpListenerObject::accept_next(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "listener:accept").timeout();
  if (!accepted_.empty()) return push_accepted(lua);
  if (listener_ == nullptr) raise(lua, "the listener on {} is closed", to_string(local_));
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return !accepted_.empty(); }, &TcpListenerObject::finish_accept);
}

int TcpListenerObject::finish_accept(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<TcpListenerObject&>(*to_scripted(lua, 1));
  if (!self.accepted_.empty()) return self.push_accepted(lua);
  lua_pushnil(lua);
  return 1;
}

int TcpListenerObject::push_accepted(lua_State* lua) {
  auto& socket = Run::of(lua).make<TcpSocketObject>(lua, host_);
  socket.adopt(std::move(accepted_.front()));
  accepted_.pop_front();
  push(lua, socket);
  return 1;
}

int TcpListenerObject::close(lua_State* /*lua*/) {
  listener_.reset();
  return 0;
}

int TcpListenerObject::port(lua_State* lua) {
  lua_pushinteger(lua, local_.port);
  return 1;
}

int TcpListenerObject::waiting(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(accepted_.size()));
  return 1;
}

}  // namespace natsim::script
