// The word of which SDP is made.
#pragma once

#include <string_view>

namespace natsim::sdp {

// Whether the text is a token: visible ASCII but for a few signs (RFC 8866 §9).
bool is_token(std::string_view text);

}  // namespace natsim::sdp
