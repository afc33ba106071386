#include "sim/script/tcp_socket_object.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/script/duration_value.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using net::TcpCounters;
using net::TcpEvent;

constexpr std::array<Choice<TcpMilestone>, 3> milestones = {{{"connected", TcpMilestone::connected},
                                                             {"acked", TcpMilestone::acked},
                                                             {"ended", TcpMilestone::ended}}};

}  // namespace

constinit const Member TcpSocketObject::methods[] = {
    {"wait", call_member<TcpSocketObject, &TcpSocketObject::wait>},
    {"try_wait", call_member<TcpSocketObject, &TcpSocketObject::try_wait>},
    {"send", call_member<TcpSocketObject, &TcpSocketObject::send>},
    {"receive", call_member<TcpSocketObject, &TcpSocketObject::receive>},
    {"close", call_member<TcpSocketObject, &TcpSocketObject::close>},
    {"abort", call_member<TcpSocketObject, &TcpSocketObject::abort>},
};
constinit const Member TcpSocketObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"remote", call_member<TcpSocketObject, &TcpSocketObject::remote>},
    {"port", call_member<TcpSocketObject, &TcpSocketObject::port>},
    {"state", call_member<TcpSocketObject, &TcpSocketObject::state>},
    {"ending", call_member<TcpSocketObject, &TcpSocketObject::ending>},
    {"waiting", call_member<TcpSocketObject, &TcpSocketObject::waiting>},
    {"connect_time", call_member<TcpSocketObject, &TcpSocketObject::connect_time>},
    {"bytes_sent", call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::bytes_sent>>},
    {"bytes_acked",
     call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::bytes_acked>>},
    {"bytes_received",
     call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::bytes_received>>},
    {"segments_sent",
     call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::segments_sent>>},
    {"segments_received",
     call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::segments_received>>},
    {"retransmissions",
     call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::retransmissions>>},
    {"timeouts", call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::timeouts>>},
    {"fast_retransmits",
     call_member<TcpSocketObject, &TcpSocketObject::count<&TcpCounters::fast_retransmits>>},
    {"rtt", call_member<TcpSocketObject, &TcpSocketObject::rtt>},
    {"rto", call_member<TcpSocketObject, &TcpSocketObject::rto>},
    {"congestion_window", call_member<TcpSocketObject, &TcpSocketObject::congestion_window>},
    {"peer_window", call_member<TcpSocketObject, &TcpSocketObject::peer_window>},
    {"segment_size", call_member<TcpSocketObject, &TcpSocketObject::segment_size>},
};
const Class TcpSocketObject::lua_class = {"tcp socket", "a TCP socket", methods, fields};

std::string TcpSocketObject::shown() const {
  return fmt::format("connection from {} to {}", to_string(socket_->local()),
                     to_string(socket_->remote()));
}

std::string TcpSocketObject::connect(const net::TcpBinding& binding, const Endpoint& to) {
  opened_at_ = host_.world().now();
  auto socket = host_.tcp().connect(binding, to, *this);
  if (!socket) return socket.error();
  socket_ = std::move(socket.value());
  return {};
}

void TcpSocketObject::adopt(std::unique_ptr<net::TcpSocket> socket) {
  opened_at_ = connected_at_ = host_.world().now();
  socket_ = std::move(socket);
  socket_->set_receiver(this);
  ended_ = connection().end() != net::TcpEnd::none;
}

void TcpSocketObject::on_event(net::TcpSocket& /*socket*/, TcpEvent event) {
  if (event == TcpEvent::connected) connected_at_ = host_.world().now();
  if (event == TcpEvent::writable) pump();
  if (event == TcpEvent::ended) ended_ = true;
}

// Hands on what the connection has room for.
void TcpSocketObject::pump() {
  const std::size_t size = std::min(unsent_.size(), connection().room());
  socket_->send(unsent_.view(0, size));
  unsent_.drop(size);
  if (closing_ && unsent_.size() == 0) socket_->close();
}

bool TcpSocketObject::reached(TcpMilestone milestone) const {
  switch (milestone) {
    case TcpMilestone::connected:
      return !connected_at_.is_never();
    case TcpMilestone::acked:
      return unsent_.size() == 0 && connection().unacknowledged_bytes() == 0;
    case TcpMilestone::ended:
      break;
  }
  return ended_;
}

bool TcpSocketObject::out_of_reach(TcpMilestone milestone) const {
  return ended_ && !reached(milestone);
}

std::string TcpSocketObject::standing() const {
  const auto state = name(connection().state());
  return ended_ ? fmt::format("{} ({})", state, name(connection().end())) : std::string(state);
}

int TcpSocketObject::begin_wait(lua_State* lua, const char* function, lua_KFunction then) {
  const TcpMilestone wanted = Value(lua, 2, function).one_of(milestones);
  const Duration timeout = Value(lua, 3, function).timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this, wanted] { return reached(wanted) || out_of_reach(wanted); }, then);
}

int TcpSocketObject::wait(lua_State* lua) {
  return begin_wait(lua, "socket:wait", &TcpSocketObject::finish_wait);
}

int TcpSocketObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<TcpSocketObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (self.reached(Value(lua, 2, "socket:wait").one_of(milestones))) return 0;
  Failure failure;
  failure.expected = fmt::format("{} within {}", lua_tostring(lua, 2),
                                 natsim::to_string(Value(lua, 3, "socket:wait").duration()));
  failure.actual = self.standing();
  failure.message = fmt::format("expected the {} to be {}, it is {}", self.shown(),
                                failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

int TcpSocketObject::try_wait(lua_State* lua) {
  return begin_wait(lua, "socket:try_wait", &TcpSocketObject::finish_try_wait);
}

int TcpSocketObject::finish_try_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<TcpSocketObject&>(*to_scripted(lua, 1));
  lua_pushboolean(lua, self.reached(Value(lua, 2, "socket:try_wait").one_of(milestones)));
  return 1;
}

int TcpSocketObject::send(lua_State* lua) {
  constexpr std::uint64_t instructions_per_call = 100;  // so that endless sending ends
  const std::string bytes = Value(lua, 2, "socket:send").text();
  if (closing_) raise(lua, "socket:send: the {} has been closed", shown());
  if (ended_) raise(lua, "socket:send: the {} has ended: {}", shown(), name(connection().end()));
  Sandbox& sandbox = Run::of(lua).sandbox();
  sandbox.charge_instructions(lua, instructions_per_call + bytes.size());
  sandbox.charge_memory(lua, bytes.size());
  unsent_.append(as_bytes(bytes));
  pump();
  return 0;
}

bool TcpSocketObject::receivable() const {
  return connection().readable() > 0 || connection().peer_finished() || ended_;
}

int TcpSocketObject::receive(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "socket:receive").timeout();
  if (receivable()) return push_received(lua);
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return receivable(); }, &TcpSocketObject::finish_receive);
}

int TcpSocketObject::finish_receive(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  return static_cast<TcpSocketObject&>(*to_scripted(lua, 1)).push_received(lua);
}

int TcpSocketObject::push_received(lua_State* lua) {
  const Bytes bytes = socket_->read(connection().readable());
  if (bytes.empty()) {
    lua_pushnil(lua);
  } else {
    push_string(lua, as_text(bytes));
  }
  return 1;
}

int TcpSocketObject::close(lua_State* /*lua*/) {
  closing_ = true;
  pump();
  return 0;
}

int TcpSocketObject::abort(lua_State* /*lua*/) {
  socket_->abort();
  return 0;
}

int TcpSocketObject::remote(lua_State* lua) {
  push_string(lua, to_string(socket_->remote()));
  return 1;
}

int TcpSocketObject::port(lua_State* lua) {
  lua_pushinteger(lua, socket_->local().port);
  return 1;
}

int TcpSocketObject::state(lua_State* lua) {
  push_string(lua, name(connection().state()));
  return 1;
}

int TcpSocketObject::ending(lua_State* lua) {
  if (!ended_) return 0;
  push_string(lua, name(connection().end()));
  return 1;
}

int TcpSocketObject::connect_time(lua_State* lua) {
  if (connected_at_.is_never()) return 0;
  push_duration(lua, connected_at_ - opened_at_);
  return 1;
}

int TcpSocketObject::rtt(lua_State* lua) {
  if (!connection().rto().measured()) return 0;
  push_duration(lua, connection().rto().smoothed());
  return 1;
}

int TcpSocketObject::rto(lua_State* lua) {
  push_duration(lua, connection().rto().rto());
  return 1;
}

int TcpSocketObject::waiting(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(connection().readable()));
  return 1;
}

int TcpSocketObject::congestion_window(lua_State* lua) {
  lua_pushinteger(lua, connection().congestion().window());
  return 1;
}

int TcpSocketObject::peer_window(lua_State* lua) {
  lua_pushinteger(lua, connection().peer_window());
  return 1;
}

int TcpSocketObject::segment_size(lua_State* lua) {
  lua_pushinteger(lua, connection().segment_size());
  return 1;
}

}  // namespace natsim::script
