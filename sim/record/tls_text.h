// What a TCP segment says of a TLS connection, for people: "TLS ClientHello for 'turn.example'".
#pragma once

#include <string>

#include "stack/base/bytes.h"

namespace natsim::record {

// The records that begin in this segment, and what can be read of them; empty if it does not begin
// with one. Of a record that began in an earlier segment nothing is said.
std::string describe_tls(ByteView payload);

}  // namespace natsim::record
