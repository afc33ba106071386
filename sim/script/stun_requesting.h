// host:stun_request(): one Binding transaction, and the wait for its end.
#pragma once

#include "sim/net/host.h"
#include "sim/script/value.h"

namespace natsim::script {

// Starts a transaction with `server` with the options in `options` (port, rto, rc, or nil), and
// waits for its end. To be returned by a binding, whose result is a table: `from` (the socket's own
// endpoint) with `mapped`, `server` and `round_trip`, or with `failure`, the reason.
int request_binding(lua_State* lua, net::Host& host, const Endpoint& server, const Value& options);

}  // namespace natsim::script
