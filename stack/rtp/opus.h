// What an Opus packet tells beside its sound (RFC 6716).
#pragma once

#include "stack/base/bytes.h"

namespace natsim::rtp {

// Whether it holds the frame before it once more, coarser, as forward error correction
// (RFC 6716 §4.2.5). Packets of one frame are looked into, others are taken to have none.
bool has_in_band_fec(ByteView payload);

}  // namespace natsim::rtp
