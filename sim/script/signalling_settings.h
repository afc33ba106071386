// The options of signalling servers and of their clients, as scripts write them.
#pragma once

#include "sim/agents/signalling_client.h"
#include "sim/net/host.h"
#include "sim/net/tcp_stack.h"
#include "sim/script/value.h"
#include "stack/signalling/server.h"

namespace natsim::script {

struct SignallingServerSettings {
  net::TcpBinding binding;
  signalling::ServerOptions server;
};

// A server's options, or nil for the defaults.
SignallingServerSettings read_signalling_server(const Value& value, const net::Host& host);

// Where a signalling server is: its host, or a Reachable or endpoint.
Endpoint read_signalling_endpoint(const Value& value);

// A call's: `server`, and how its two clients behave.
agents::SignallingClientOptions read_signalling_use(const Value& table);
// A client's of its own: `room`, `name` and how it behaves. The name is the host's unless given.
agents::SignallingClientOptions read_signalling_client(const Value& value, const net::Host& host,
                                                       const Endpoint& server);

}  // namespace natsim::script
