// host:probe(): how does the NAT in front of the host behave (RFC 5780)?
#pragma once

#include "sim/net/host.h"
#include "sim/script/value.h"

namespace natsim::script {

// Starts a behaviour discovery with `server` and the options in `options` (mapping, filtering,
// hairpin, lifetime, longest_lifetime, lifetime_resolution, or nil), and waits for its end. To be
// returned by a binding, whose result is the report as a table.
int probe_nat(lua_State* lua, net::Host& host, const Endpoint& server, const Value& options);

}  // namespace natsim::script
