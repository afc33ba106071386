// The options of a call, as they stand in a script's table.
#pragma once

#include "sim/agents/call.h"
#include "sim/script/value.h"

namespace natsim::script {

// Reads net:call's table: the options of an IcePeer for both sides, those in the tables `caller`
// and `callee` for one, and `signalling`.
agents::CallOptions read_call_options(const Value& table);
// Reads a table with the options of a delayed channel: `one_way_delay`, `loss`, `resend_after`.
agents::SignallingOptions read_signalling_channel(const Value& table);
// Reads host:peer_connection's table: the options of an IcePeer but for `trickle`, and `media`.
agents::PeerConnectionOptions read_peer_connection_options(const Value& table);

}  // namespace natsim::script
