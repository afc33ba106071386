// What a NAT does with packets from outside that no mapping admits, beyond dropping them.
#include "sim/nat/nat.h"

namespace natsim::nat {

using core::DropReason;
using core::MappingStep;

Verdict Nat::turn_away(const Found& receiver, const net::Packet& packet, Time now) {
  Verdict verdict{.reason = receiver.reason, .receiver = receiver.mapping};
  if (options_.unsolicited == Unsolicited::drop) return verdict;
  verdict.answer = Verdict::Answer::port_unreachable;
  if (options_.unsolicited != Unsolicited::accept_local_and_track) return verdict;
  const ExternalKey external = *externals().find(Transport::udp, packet.destination);
  if (options_.max_mappings != 0 && table_.size() + shadows_.size() >= options_.max_mappings &&
      !shadows_.contains(external, packet.source)) {
    return {.reason = DropReason::nat_table_full};
  }
  if (shadows_.note(external, packet.source, now)) {
    tell_shadow(MappingStep::shadowed, external, packet.source, now);
  }
  return verdict;
}

bool Nat::shadowed(MappingIndex index, const Endpoint& remote) const {
  return shadows_.contains(table_.external(index), remote) && !table_.holds(index, remote);
}

void Nat::expire_shadows(Time now) {
  shadows_.expire(now, [&](ExternalKey external, const Endpoint& remote) {
    tell_shadow(MappingStep::unshadowed, external, remote, now);
  });
}

// The box itself stands for the inside host.
void Nat::tell_shadow(MappingStep step, ExternalKey external, const Endpoint& remote, Time now) {
  const Endpoint own = externals().endpoint(external);
  sink_.on_mapping({.at = now,
                    .step = step,
                    .reason = DropReason::none,
                    .nat = 0,
                    .mapping = 0,
                    .protocol = static_cast<std::uint8_t>(net::Protocol::udp),
                    .internal = own,
                    .external = own,
                    .remote = remote,
                    .expires = step == MappingStep::shadowed ? now + shadows_.lifetime() : now});
}

}  // namespace natsim::nat
