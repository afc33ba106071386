// The options of signalling servers and of their clients, as scripts write them.
#pragma once

#include <optional>

#include "sim/agents/signalling_client.h"
#include "sim/net/host.h"
#include "sim/net/tcp_stack.h"
#include "sim/script/value.h"
#include "stack/signalling/server.h"

namespace natsim::script {

struct SignallingServerSettings {
  net::TcpBinding binding;
  signalling::ServerOptions server;
  std::optional<agents::TlsServerUse> tls;  // unset: plain
};

// A server's options, or nil for the defaults.
SignallingServerSettings read_signalling_server(const Value& value, const net::Host& host);

// Where a signalling server is: its host, or a Reachable or endpoint. Clients of a server of this
// run use TLS if it does.
agents::SignallingClientOptions read_signalling_target(const Value& value);

// A call's: `server`, and how its two clients behave.
agents::SignallingClientOptions read_signalling_use(const Value& table);
// A client's of its own: `room`, `name` and how it behaves. The name is the host's unless given.
agents::SignallingClientOptions read_signalling_client(const Value& value, const net::Host& host,
                                                       const Value& server);

}  // namespace natsim::script
