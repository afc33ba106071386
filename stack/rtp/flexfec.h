// Payloads of flexible forward error correction, FlexFEC, for one stream (RFC 8627 §4.2.2.1). The
// stream that is protected is told by the CSRC list of the packet that carries them.
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/rtp/repair.h"

namespace natsim::rtp {

inline constexpr int flexfec_reach = 110;  // packets from a repair's first to its last

// With the shortest mask that holds the numbers. Preconditions: the repair's numbers are fewer than
// `flexfec_reach` apart, its sums from `repair_for` or `parse`.
Bytes encode_flexfec(const Repair& repair);

// nullopt for what breaks off, for an empty mask, and for what is not read: retransmissions (R) and
// fixed rows and columns (F). In the drafts up to -03 the bits that tell of longer masks say the
// contrary.
std::optional<Repair> parse_flexfec(ByteView payload);

}  // namespace natsim::rtp
