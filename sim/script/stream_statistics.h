// A peer's statistics as a script sees them.
#pragma once

#include "sim/agents/peer_connection.h"
#include "sim/script/lua.h"

namespace natsim::script {

// Pushes a list with a table for each stream, in the order of the sections: what is sent
// ("outbound-rtp"), then what is received ("inbound-rtp"), by the names of webrtc-stats.
void push_statistics(lua_State* lua, const agents::PeerConnection& connection);

}  // namespace natsim::script
