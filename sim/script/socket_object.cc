#include "sim/script/socket_object.h"

#include <utility>

#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member SocketObject::methods[] = {
    {"send", call_member<SocketObject, &SocketObject::send>},
    {"receive", call_member<SocketObject, &SocketObject::receive_next>},
    {"close", call_member<SocketObject, &SocketObject::close>},
};
constinit const Member SocketObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"port", call_member<SocketObject, &SocketObject::port>},
    {"waiting", call_member<SocketObject, &SocketObject::waiting>},
};
const Class SocketObject::lua_class = {"socket", "a socket", methods, fields};

std::string SocketObject::open(const Endpoint& local) {
  auto socket = host_.open_udp(local, *this);
  if (!socket) return socket.error();
  socket_ = std::move(socket.value());
  local_ = socket_->local();
  return {};
}

void SocketObject::receive(net::UdpSocket& /*socket*/, const net::Packet& packet) {
  constexpr std::size_t most_waiting =
      10'000;  // a script that never receives is not to fill memory
  if (received_.size() == most_waiting) {
    return host_.discard(packet, core::DropReason::agent_unexpected,
                         "the script has left 10000 datagrams of this socket unreceived");
  }
  const ByteView payload = packet.payload();
  received_.push_back({packet.source, Bytes(payload.begin(), payload.end())});
}

void SocketObject::require_open(lua_State* lua) const {
  if (socket_ == nullptr) raise(lua, "the socket on {} is closed", to_string(local_));
}

int SocketObject::send(lua_State* lua) {
  constexpr std::uint64_t instructions_per_datagram = 100;  // so that endless sending ends
  require_open(lua);
  const Endpoint to = read_endpoint(Value(lua, 2, "socket:send"));
  const Value data(lua, 3, "socket:send");
  const std::string bytes = data.text();
  if (bytes.size() > net::max_udp_payload) data.complain("a datagram has at most 65487 bytes");
  Run::of(lua).sandbox().charge_instructions(lua, instructions_per_datagram + bytes.size());
  socket_->send(to, as_bytes(bytes));
  return 0;
}

int SocketObject::receive_next(lua_State* lua) {
  require_open(lua);
  const Duration timeout = Value(lua, 2, "socket:receive").timeout();
  if (!received_.empty()) return push_received(lua);
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return !received_.empty(); }, &SocketObject::finish_receive);
}

int SocketObject::finish_receive(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<SocketObject&>(*to_scripted(lua, 1));
  if (!self.received_.empty()) return self.push_received(lua);
  lua_pushnil(lua);
  return 1;
}

int SocketObject::push_received(lua_State* lua) {
  const Datagram first = std::move(received_.front());
  received_.pop_front();
  push_string(lua, as_text(first.payload));
  push_string(lua, to_string(first.from));
  return 2;
}

int SocketObject::close(lua_State* /*lua*/) {
  socket_.reset();
  return 0;
}

int SocketObject::port(lua_State* lua) {
  lua_pushinteger(lua, local_.port);
  return 1;
}

int SocketObject::waiting(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(received_.size()));
  return 1;
}

}  // namespace natsim::script
