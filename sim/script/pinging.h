// host:ping(): one ICMP echo request, and the wait for what comes of it.
#pragma once

#include "sim/net/host.h"
#include "sim/script/value.h"

namespace natsim::script {

// Sends a request to `remote` with the options in `options` (timeout, size, hop_limit, or nil), and
// waits for the reply. To be returned by a binding, whose result is a table: `from`, `round_trip`
// and `hop_limit` of the reply, or `failure`, with `from` if an ICMP error said so.
int ping(lua_State* lua, net::Host& host, const IpAddress& remote, const Value& options);

}  // namespace natsim::script
