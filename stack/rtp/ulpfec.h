// Payloads of generic forward error correction, ULPFEC (RFC 5109 §7.3 and §7.4).
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/rtp/repair.h"

namespace natsim::rtp {

inline constexpr int ulpfec_reach = 48;  // packets from a repair's first to its last

// One protection level that covers the packets whole, as browsers write it. Preconditions: the
// repair's numbers are fewer than `ulpfec_reach` apart, its sums from `repair_for` or `parse`.
Bytes encode_ulpfec(const Repair& repair);

// Level 0; further ones are left out, so that a packet longer than what level 0 protects is not
// restored.
// nullopt for what breaks off and for an empty mask.
std::optional<Repair> parse_ulpfec(ByteView payload);

}  // namespace natsim::rtp
