#include "sim/nat/refusal.h"

namespace natsim::nat {

using core::DropReason;

std::optional<Exhaustion> policy_for(const NatOptions& options, DropReason reason) {
  switch (reason) {
    case DropReason::nat_table_full:
      return options.on_table_full;
    case DropReason::nat_ports_exhausted:
    case DropReason::nat_port_collision:
    case DropReason::nat_block_exhausted:
    case DropReason::nat_host_limit:
    case DropReason::nat_host_rate:
      return options.on_exhaustion;
    default:
      return std::nullopt;
  }
}

std::optional<net::IcmpError> answer_to(const NatOptions& options, DropReason reason) {
  const auto policy = policy_for(options, reason);
  if (!policy || *policy == Exhaustion::silent) return std::nullopt;
  return *policy == Exhaustion::host_unreachable ? net::IcmpError::host_unreachable
                                                 : net::IcmpError::admin_prohibited;
}

}  // namespace natsim::nat
