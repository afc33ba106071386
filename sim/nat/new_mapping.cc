// How a NAT makes a mapping, or refuses to.
#include "sim/nat/nat.h"
#include "sim/nat/refusal.h"

namespace natsim::nat {

using core::DropReason;
using core::MappingStep;

Nat::Found Nat::make_mapping(Transport transport, const Endpoint& internal, const Endpoint& remote,
                             bool dedicated, Time now) {
  if (options_.max_mappings != 0 && table_.size() + shadows_.size() >= options_.max_mappings &&
      !make_room(
          DropReason::nat_table_full, [](ExternalKey) { return true; }, now)) {
    return refuse(transport, internal, remote, DropReason::nat_table_full, now);
  }
  const IpAddress owner = subscriber(internal.address);
  const HostIndex host = hosts_.find(owner);
  if (const DropReason reason = hosts_.refusal(host, transport, now); reason != DropReason::none) {
    return refuse(transport, internal, remote, reason, now);
  }
  const bool degraded = options_.degrade_above != 0 && table_.size() >= options_.degrade_above;
  const PortGrant grant = grant_port(transport, internal, remote, now);
  if (!grant.external) return refuse(transport, internal, remote, grant.reason, now);

  hosts_.add_mapping(owner, transport, grant.external->address, now);
  const bool collided = options_.symmetric_on_collision && grant.collided;
  const MappingIndex index = table_.add({.internal = internal,
                                         .first_remote = remote,
                                         .external = *grant.external,
                                         .timer = first_timer(transport, remote),
                                         .number = ++mappings_made_,
                                         .created = now,
                                         .dedicated = dedicated || collided || degraded,
                                         .strict = degraded});
  tell(MappingStep::created, index, remote, now);
  return {.mapping = index};
}

PortGrant Nat::grant_port(Transport transport, const Endpoint& internal, const Endpoint& remote,
                          Time now) {
  const Endpoint owner{subscriber(internal.address), internal.port};
  PortRequest request{.transport = transport, .internal = owner, .remote = remote};
  if (options_.pooling == Pooling::paired) {
    const HostIndex host = hosts_.find(owner.address);
    if (host != no_index) request.paired = hosts_.external(host);
  }
  if (options_.remember_port) {
    const auto* const expiry = expiries_.find(transport, internal);
    // A host that has been bound to another address since does not go back.
    if (expiry != nullptr && (!request.paired || expiry->external.address == *request.paired)) {
      request.remembered = expiry->external;
    }
  }
  const PortGrant grant = ports_.grant(request, now);
  if (grant.external || grant.reason == DropReason::nat_unsupported_protocol) return grant;
  // A mapping on any other address would be of no use to a host that is bound to one.
  const auto of_use = [&](ExternalKey external) {
    return external.transport == transport &&
           (!request.paired || options_.pool_fallback || external.address == *request.paired);
  };
  return make_room(grant.reason, of_use, now) ? ports_.grant(request, now) : grant;
}

bool Nat::make_room(DropReason reason, absl::FunctionRef<bool(ExternalKey)> of_use, Time now) {
  const Exhaustion policy = policy_for(options_, reason).value();
  if (policy != Exhaustion::evict_oldest && policy != Exhaustion::evict_unreplied) return false;
  const MappingIndex victim =
      table_.idle_for_longest(policy == Exhaustion::evict_unreplied,
                              [&](MappingIndex index) { return of_use(table_.external(index)); });
  if (victim == no_index) return false;
  remove(victim, MappingStep::evicted, now, reason);
  return true;
}

Nat::Found Nat::refuse(Transport transport, const Endpoint& internal, const Endpoint& remote,
                       DropReason reason, Time now) {
  sink_.on_mapping(
      {.at = now,
       .step = MappingStep::refused,
       .reason = reason,
       .nat = 0,
       .mapping = 0,
       .protocol = static_cast<std::uint8_t>(ip_protocol(transport, internal.address.family())),
       .internal = internal,
       .external = {},
       .remote = remote,
       .expires = now});
  return {.reason = reason};
}

}  // namespace natsim::nat
