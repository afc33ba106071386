// The options of TCP programs, as scripts write them.
#pragma once

#include <string_view>

#include "sim/agents/tcp_source.h"
#include "sim/net/host.h"
#include "sim/net/tcp_stack.h"
#include "sim/script/value.h"

namespace natsim::script {

// Where to bind and how to behave: an options table, or nil for the defaults. A port of 0 is an
// ephemeral one.
net::TcpBinding read_tcp_binding(const Value& value, const IpAddress& default_address);
// The same for a server; a bare integer is its port.
net::TcpBinding read_tcp_listening(const Value& value, const IpAddress& default_address);
// A source's options, the binding's among them.
agents::TcpSourceOptions read_tcp_source(const Value& value, const net::Host& host);
// The address that the host reaches `to` from; an error if there is none.
IpAddress tcp_source_address(const Value& value, const net::Host& host, const Endpoint& to);

}  // namespace natsim::script
