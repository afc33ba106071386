#include "sim/script/peer_object.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "sim/net/wire.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/stream_statistics.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using ice::CandidateType;

// What a path is called: by the end that is farther from direct, in the order of ICE's type
// preferences (RFC 8445 §5.1.2.2).
CandidateType path_type(const ice::PairSnapshot& pair) {
  const CandidateType local = pair.local.type;
  const CandidateType remote = pair.remote.type;
  return ice::type_preference(local) < ice::type_preference(remote) ? local : remote;
}

void push_pair(lua_State* lua, const ice::PairSnapshot& pair) {
  TableWriter table(lua);
  table.set("id", pair.id);
  table.set("type", to_string(path_type(pair)));
  table.set("local_type", to_string(pair.local.type));
  table.set("local_address", pair.local.address);
  table.set("remote_type", to_string(pair.remote.type));
  table.set("remote_address", pair.remote.address);
  table.set("base", pair.local.base);
  table.set("transport", to_string(pair.local.transport));
  table.set("state", to_string(pair.state));
  table.set("valid", pair.valid);
  table.set("nominated", pair.nominated);
  table.set("selected", pair.selected);
  table.set("transmissions", pair.transmissions);
  table.set("first_check", pair.first_check);
  table.set("succeeded_at", pair.succeeded_at);
}

// Of all components.
int push_candidates(lua_State* lua, const ice::Session& session,
                    const std::vector<ice::Candidate>& (ice::Agent::*of)() const) {
  std::vector<ice::Candidate> candidates;
  for (std::size_t i = 0; i < session.shape().agents(); ++i) {
    const auto& own = (session.agent(i).*of)();
    candidates.insert(candidates.end(), own.begin(), own.end());
  }
  push_list(lua, candidates, [lua](const ice::Candidate& candidate) {
    TableWriter table(lua);
    table.set("type", to_string(candidate.type));
    table.set("component", candidate.component);
    table.set("address", candidate.address);
    table.set("transport", to_string(candidate.transport));
    if (candidate.transport == Transport::tcp) {
      table.set("tcp_type", to_string(candidate.tcp_type));
    }
    table.set("base", candidate.base);
    table.set("related", candidate.related);
    table.set("server", candidate.server);
    table.set("priority", candidate.priority);
    table.set("foundation", candidate.foundation);
  });
  return 1;
}

}  // namespace

constinit const Member PeerObject::methods[] = {
    {"pairs", call_member<PeerObject, &PeerObject::pairs>},
    {"send", call_member<PeerObject, &PeerObject::send>},
    {"restart_ice", call_member<PeerObject, &PeerObject::restart_ice>},
    {"move_relays", call_member<PeerObject, &PeerObject::move_relays>},
    {"close", call_member<PeerObject, &PeerObject::close>},
    {"get_stats", call_member<PeerObject, &PeerObject::get_stats>},
};
constinit const Member PeerObject::fields[] = {
    {"state", call_member<PeerObject, &PeerObject::state>},
    {"role", call_member<PeerObject, &PeerObject::role>},
    {"ice_time", call_member<PeerObject, &PeerObject::ice_time>},
    {"gathering_time", call_member<PeerObject, &PeerObject::gathering_time>},
    {"selected_pair", call_member<PeerObject, &PeerObject::selected_pair>},
    {"components", call_member<PeerObject, &PeerObject::components>},
    {"candidates", call_member<PeerObject, &PeerObject::candidates>},
    {"remote_candidates", call_member<PeerObject, &PeerObject::remote_candidates>},
    {"bytes_received", call_member<PeerObject, &PeerObject::bytes_received>},
    {"datagrams_received", call_member<PeerObject, &PeerObject::datagrams_received>},
    {"connection_state", call_member<PeerObject, &PeerObject::connection_state>},
    {"signaling_state", call_member<PeerObject, &PeerObject::signaling_state>},
    {"dtls_time", call_member<PeerObject, &PeerObject::dtls_time>},
    {"dtls_role", call_member<PeerObject, &PeerObject::dtls_role>},
    {"srtp_profile", call_member<PeerObject, &PeerObject::srtp_profile>},
    {"local_description", call_member<PeerObject, &PeerObject::local_description>},
    {"remote_description", call_member<PeerObject, &PeerObject::remote_description>},
};
const Class PeerObject::lua_class = {"peer", "a peer", methods, fields};

std::string PeerObject::shown() const { return fmt::format("peer '{}'", peer_.host().label()); }

int PeerObject::pairs(lua_State* lua) {
  std::vector<ice::PairSnapshot> pairs;
  for (std::size_t i = 0; i < peer_.session().shape().agents(); ++i) {
    const auto own = peer_.session().agent(i).pairs();
    pairs.insert(pairs.end(), own.begin(), own.end());
  }
  push_list(lua, pairs, [lua](const ice::PairSnapshot& pair) { push_pair(lua, pair); });
  return 1;
}

int PeerObject::send(lua_State* lua) {
  constexpr std::uint64_t instructions_per_datagram = 100;  // so that endless sending ends
  const Value data(lua, 2, "peer:send");
  const std::string bytes = data.text();
  if (bytes.size() > net::max_udp_payload) data.complain("a datagram has at most 65487 bytes");
  Run::of(lua).sandbox().charge_instructions(lua, instructions_per_datagram + bytes.size());
  const ice::SendResult result = peer_.send(as_bytes(bytes));
  lua_pushboolean(lua, result == ice::SendResult::sent);
  if (result == ice::SendResult::sent) return 1;
  push_string(lua, to_string(result));
  return 2;
}

int PeerObject::move_relays(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(peer_.move_relays()));
  return 1;
}

int PeerObject::restart_ice(lua_State* lua) {
  const bool open = peer_.started() && peer_.session().state() != ice::AgentState::closed;
  if (!open)
    raise(lua, "restart_ice: {} has {}", shown(), peer_.started() ? "closed" : "not begun");
  if (connection_ != nullptr) {
    const auto error = connection_->restart_ice();
    if (error) raise(lua, "restart_ice: {}", error->message);
  } else if (const auto begun = peer_.restart(); !begun) {
    raise(lua, "restart_ice: {}", begun.error());
  }
  return 0;
}

int PeerObject::close(lua_State* /*lua*/) {
  if (connection_ != nullptr) {
    connection_->close();
  } else {
    peer_.close();
  }
  return 0;
}

int PeerObject::state(lua_State* lua) {
  push_string(lua, to_string(peer_.session().state()));
  return 1;
}

int PeerObject::role(lua_State* lua) {
  push_string(lua, to_string(peer_.machine().role()));
  return 1;
}

int PeerObject::push_since_start(lua_State* lua, Time instant) const {
  if (instant.is_never()) return 0;
  push_duration(lua, instant - call_.started_at());
  return 1;
}

int PeerObject::ice_time(lua_State* lua) { return push_since_start(lua, peer_.selected_at()); }

int PeerObject::gathering_time(lua_State* lua) {
  if (!peer_.session().has_gathered()) return 0;
  Time ended{};
  for (std::size_t i = 0; i < peer_.session().shape().agents(); ++i) {
    ended = std::max(ended, peer_.session().agent(i).milestones().gathering_ended);
  }
  return push_since_start(lua, ended);
}

int PeerObject::selected_pair(lua_State* lua) {
  const auto pair = peer_.machine().selected_pair();
  if (!pair) return 0;
  push_pair(lua, *pair);
  return 1;
}

int PeerObject::components(lua_State* lua) {
  const ice::Session& session = peer_.session();
  std::vector<std::size_t> numbers(session.shape().agents());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  push_list(lua, numbers, [lua, &session](std::size_t number) {
    const ice::Agent& agent = session.agent(number);
    TableWriter table(lua);
    table.set("stream", session.stream_of(number));
    table.set("component", session.component_of(number));
    table.set("state", to_string(agent.state()));
    const auto pair = agent.selected_pair();
    if (!pair) return;
    push_pair(lua, *pair);
    table.set_top("selected_pair");
  });
  return 1;
}

int PeerObject::candidates(lua_State* lua) {
  return push_candidates(lua, peer_.session(), &ice::Agent::local_candidates);
}

int PeerObject::remote_candidates(lua_State* lua) {
  return push_candidates(lua, peer_.session(), &ice::Agent::remote_candidates);
}

int PeerObject::bytes_received(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(peer_.bytes_received()));
  return 1;
}

int PeerObject::datagrams_received(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(peer_.datagrams_received()));
  return 1;
}

int PeerObject::get_stats(lua_State* lua) {
  if (connection_ == nullptr) {
    raise(lua, "peer:get_stats: the call is ICE alone; give net:call 'media'");
  }
  push_statistics(lua, *connection_);
  return 1;
}

int PeerObject::connection_state(lua_State* lua) {
  if (connection_ == nullptr) return 0;
  push_string(lua, to_string(connection_->state()));
  return 1;
}

int PeerObject::signaling_state(lua_State* lua) {
  if (connection_ == nullptr) return 0;
  push_string(lua, to_string(connection_->negotiation().state()));
  return 1;
}

int PeerObject::dtls_time(lua_State* lua) {
  return connection_ == nullptr ? 0 : push_since_start(lua, connection_->secured_at());
}

int PeerObject::dtls_role(lua_State* lua) {
  const auto role = connection_ == nullptr ? std::nullopt : connection_->negotiation().dtls_role();
  if (!role) return 0;
  push_string(lua, *role == dtls::Role::client ? "client" : "server");
  return 1;
}

int PeerObject::srtp_profile(lua_State* lua) {
  const auto profile =
      connection_ == nullptr ? std::nullopt : connection_->transport().srtp_profile();
  if (!profile) return 0;
  push_string(lua, to_string(*profile));
  return 1;
}

int PeerObject::local_description(lua_State* lua) {
  const auto text = connection_ == nullptr ? std::nullopt : connection_->local_description();
  if (!text) return 0;
  push_string(lua, text->sdp);
  return 1;
}

int PeerObject::remote_description(lua_State* lua) {
  const auto text =
      connection_ == nullptr ? std::nullopt : connection_->negotiation().remote_description();
  if (!text) return 0;
  push_string(lua, text->sdp);
  return 1;
}

}  // namespace natsim::script
