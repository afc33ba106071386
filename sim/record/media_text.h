// DTLS, RTP and RTCP in words.
#pragma once

#include <string>

#include "stack/base/bytes.h"

namespace natsim::record {

// "DTLS ClientHello", "RTP payload type 111, number 4711, 80 bytes", "RTCP sender report, …"; empty
// if the payload is none of them. Of what is encrypted it says what stands in the clear.
std::string describe_media(ByteView payload);

}  // namespace natsim::record
