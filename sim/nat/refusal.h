// What a host hears whose packet got no mapping.
#pragma once

#include <optional>

#include "sim/core/drop_reason.h"
#include "sim/nat/options.h"
#include "sim/net/wire.h"

namespace natsim::nat {

// What the options say about a mapping that is refused for `reason`; nullopt if that is no want of
// ports or room.
std::optional<Exhaustion> policy_for(const NatOptions& options, core::DropReason reason);

// The ICMP error that answers a packet which was dropped for `reason`; nullopt for silence.
std::optional<net::IcmpError> answer_to(const NatOptions& options, core::DropReason reason);

}  // namespace natsim::nat
