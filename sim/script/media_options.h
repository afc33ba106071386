// What a script says of a call's media: `net:call(a, b, { media = { audio = true } })`.
#pragma once

#include <array>
#include <vector>

#include "sim/agents/call.h"
#include "sim/script/value.h"
#include "stack/sdp/stream_attributes.h"

namespace natsim::script {

// As SDP spells them.
inline constexpr std::array<Choice<sdp::Direction>, 4> direction_names = {
    {{"sendrecv", sdp::Direction::sendrecv},
     {"sendonly", sdp::Direction::sendonly},
     {"recvonly", sdp::Direction::recvonly},
     {"inactive", sdp::Direction::inactive}}};

// `send_encodings`: a list of up to three, each with a `rid` of its own (RFC 8851 §10).
std::vector<peer::SendEncoding> read_send_encodings(const Value& value);

// true for both, or a table with at least one of "audio" and "video".
agents::CallMedia read_call_media(const Value& value);

}  // namespace natsim::script
