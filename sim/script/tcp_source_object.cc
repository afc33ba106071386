#include "sim/script/tcp_source_object.h"

#include <fmt/format.h>

#include "sim/script/duration_value.h"
#include "sim/script/run.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

using net::TcpCounters;
using ServiceCounters = agents::TcpService::Counters;

constinit const Member TcpSourceObject::methods[] = {
    {"wait", call_member<TcpSourceObject, &TcpSourceObject::wait>},
    {"stop", call_member<TcpSourceObject, &TcpSourceObject::stop>},
};
constinit const Member TcpSourceObject::fields[] = {
    {"state", call_member<TcpSourceObject, &TcpSourceObject::state>},
    {"ending", call_member<TcpSourceObject, &TcpSourceObject::ending>},
    {"throughput", call_member<TcpSourceObject, &TcpSourceObject::throughput>},
    {"transfer_time", call_member<TcpSourceObject, &TcpSourceObject::transfer_time>},
    {"rtt", call_member<TcpSourceObject, &TcpSourceObject::rtt>},
    {"bytes_sent", call_member<TcpSourceObject, &TcpSourceObject::count<&TcpCounters::bytes_sent>>},
    {"bytes_acked",
     call_member<TcpSourceObject, &TcpSourceObject::count<&TcpCounters::bytes_acked>>},
    {"retransmissions",
     call_member<TcpSourceObject, &TcpSourceObject::count<&TcpCounters::retransmissions>>},
    {"timeouts", call_member<TcpSourceObject, &TcpSourceObject::count<&TcpCounters::timeouts>>},
    {"fast_retransmits",
     call_member<TcpSourceObject, &TcpSourceObject::count<&TcpCounters::fast_retransmits>>},
};
const Class TcpSourceObject::lua_class = {"tcp source", "a TCP source", methods, fields};

int TcpSourceObject::stop(lua_State* /*lua*/) {
  agent_->stop();
  return 0;
}

int TcpSourceObject::wait(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "source:wait").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return !agent_->ended_at().is_never(); },
      &TcpSourceObject::finish_wait);
}

int TcpSourceObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<TcpSourceObject&>(*to_scripted(lua, 1));
  const net::TcpConnection& connection = self.agent_->socket().connection();
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (connection.end() == net::TcpEnd::finished) return 0;
  Failure failure;
  failure.expected =
      fmt::format("finished within {}", natsim::to_string(Value(lua, 2, "source:wait").duration()));
  failure.actual = fmt::format("{} ({}) with {} bytes acknowledged", name(connection.state()),
                               name(connection.end()), connection.counters().bytes_acked);
  failure.message =
      fmt::format("expected the TCP source to be {}, it is {}", failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

int TcpSourceObject::state(lua_State* lua) {
  push_string(lua, name(agent_->socket().connection().state()));
  return 1;
}

int TcpSourceObject::ending(lua_State* lua) {
  if (agent_->ended_at().is_never()) return 0;
  push_string(lua, name(agent_->socket().connection().end()));
  return 1;
}

int TcpSourceObject::throughput(lua_State* lua) {
  lua_pushnumber(lua, agent_->throughput());
  return 1;
}

int TcpSourceObject::transfer_time(lua_State* lua) {
  if (agent_->ended_at().is_never() || agent_->connected_at().is_never()) return 0;
  push_duration(lua, agent_->ended_at() - agent_->connected_at());
  return 1;
}

int TcpSourceObject::rtt(lua_State* lua) {
  const net::RtoEstimator& rto = agent_->socket().connection().rto();
  if (!rto.measured()) return 0;
  push_duration(lua, rto.smoothed());
  return 1;
}

constinit const Member TcpServiceObject::fields[] = {
    {"endpoint", call_member<Reachable, &Reachable::push_endpoint>},
    {"connections",
     call_member<TcpServiceObject, &TcpServiceObject::count<&ServiceCounters::connections>>},
    {"bytes", call_member<TcpServiceObject, &TcpServiceObject::count<&ServiceCounters::bytes>>},
    {"goodput", call_member<TcpServiceObject, &TcpServiceObject::goodput>},
};
const Class TcpServiceObject::lua_class = {"tcp service", "a TCP service", {}, fields};

// Bits a second between the first byte and the last; nothing if no time has passed.
int TcpServiceObject::goodput(lua_State* lua) {
  const ServiceCounters& counters = agent_->counters();
  if (counters.bytes == 0 || counters.last_byte == counters.first_byte) return 0;
  lua_pushnumber(lua, static_cast<double>(counters.bytes) * 8 /
                          (counters.last_byte - counters.first_byte).to_seconds());
  return 1;
}

}  // namespace natsim::script
