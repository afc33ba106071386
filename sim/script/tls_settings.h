// How servers and clients use TLS, as scripts write it: true, or a table of options.
#pragma once

#include <optional>
#include <string>

#include "sim/agents/tls_authority.h"
#include "sim/net/host.h"
#include "sim/script/value.h"

namespace natsim::script {

// A server's, with a new certificate of the run's authority; unset for false.
std::optional<agents::TlsServerUse> read_tls_server(const Value& value, const net::Host& host);

// A client's, unless it says so itself: that the certificate has to be for `server_name`.
agents::TlsClientUse default_tls_client(const Value& value, std::string server_name);
// Into what the client would do otherwise; without that it takes `server_name` for the server's.
void read_tls_client(const Value& value, std::string server_name,
                     std::optional<agents::TlsClientUse>& use);

}  // namespace natsim::script
