// What a TCP segment says of a WebSocket connection, for people: "WebSocket offer from alice".
#pragma once

#include <string>

#include "stack/base/bytes.h"

namespace natsim::record {

// One clause if the payload is the handshake's head, or whole frames and nothing else, of control
// frames or the signalling's messages; empty otherwise. Segments are looked at one by one: of a
// message that is cut by their ends nothing is said.
std::string describe_websocket(ByteView payload);

}  // namespace natsim::record
