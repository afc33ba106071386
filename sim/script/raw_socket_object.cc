#include "sim/script/raw_socket_object.h"

#include <utility>

#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

constinit const Member RawSocketObject::methods[] = {
    {"send", call_member<RawSocketObject, &RawSocketObject::send>},
    {"receive", call_member<RawSocketObject, &RawSocketObject::receive_next>},
    {"close", call_member<RawSocketObject, &RawSocketObject::close>},
};
constinit const Member RawSocketObject::fields[] = {
    {"waiting", call_member<RawSocketObject, &RawSocketObject::waiting>},
};
const Class RawSocketObject::lua_class = {"raw socket", "a raw socket", methods, fields};

std::string RawSocketObject::open() {
  auto socket = host_.open_raw(*this);
  if (!socket) return socket.error();
  socket_ = std::move(socket.value());
  return {};
}

void RawSocketObject::receive_raw(const net::Packet& packet) {
  constexpr std::size_t most_waiting =
      10'000;  // a script that never receives is not to fill memory
  if (received_.size() == most_waiting) {
    return host_.discard(packet, core::DropReason::agent_unexpected,
                         "the script has left 10000 datagrams of its raw socket unreceived");
  }
  const ByteView datagram = packet.datagram();
  received_.emplace_back(datagram.begin(), datagram.end());
}

void RawSocketObject::require_open(lua_State* lua) const {
  if (socket_ == nullptr) raise(lua, "the raw socket of {} is closed", host_.label());
}

int RawSocketObject::send(lua_State* lua) {
  constexpr std::uint64_t instructions_per_datagram = 100;  // so that endless sending ends
  require_open(lua);
  const Value data(lua, 2, "raw:send");
  const std::string bytes = data.text();
  Run::of(lua).sandbox().charge_instructions(lua, instructions_per_datagram + bytes.size());
  if (!socket_->send(as_bytes(bytes))) {
    data.complain("expected one whole IPv4 or IPv6 datagram with its transport header");
  }
  return 0;
}

int RawSocketObject::receive_next(lua_State* lua) {
  require_open(lua);
  const Duration timeout = Value(lua, 2, "raw:receive").timeout();
  if (!received_.empty()) return push_received(lua);
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return !received_.empty(); }, &RawSocketObject::finish_receive);
}

int RawSocketObject::finish_receive(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<RawSocketObject&>(*to_scripted(lua, 1));
  if (!self.received_.empty()) return self.push_received(lua);
  lua_pushnil(lua);
  return 1;
}

int RawSocketObject::push_received(lua_State* lua) {
  const Bytes first = std::move(received_.front());
  received_.pop_front();
  push_string(lua, as_text(first));
  return 1;
}

int RawSocketObject::close(lua_State* /*lua*/) {
  socket_.reset();
  return 0;
}

int RawSocketObject::waiting(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(received_.size()));
  return 1;
}

}  // namespace natsim::script
