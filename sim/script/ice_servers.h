// The ice_servers of a call: which STUN and TURN servers a peer asks.
#pragma once

#include "sim/agents/ice_peer.h"
#include "sim/script/value.h"

namespace natsim::script {

// Reads `{ stun = server, turn = { server, user = "alice" } }`. `stun` is a host that runs a STUN
// server, an endpoint, or a list of either; `turn` is one table or a list of tables, each with the
// host or endpoint first, `user`, and `password` unless the host's server knows the user.
void read_ice_servers(const Value& value, agents::IcePeerOptions& peer);

// Reads `{ server, user = "alice" }` for a relay of TCP, which is asked for over TCP; with
// `password` and `expires` likewise.
ice::TurnServer read_tcp_relay_use(const Value& table);

}  // namespace natsim::script
