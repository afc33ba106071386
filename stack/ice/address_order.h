// In which order a host's addresses become candidates.
#pragma once

#include <vector>

#include "stack/base/address.h"

namespace natsim::ice {

// IPv6 before IPv4 (RFC 6724 §2.1), each family in the order given, and interleaved (RFC 8421 §4):
// of the family that has fewer addresses one follows each equal share of the other's, so that a
// family that leads nowhere holds the other one up no longer than it must.
std::vector<IpAddress> interleaved(const std::vector<IpAddress>& addresses);

}  // namespace natsim::ice
