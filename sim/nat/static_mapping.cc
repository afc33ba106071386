// Mappings that are asked for rather than made by traffic.
#include "sim/nat/nat.h"

namespace natsim::nat {

using core::DropReason;
using core::MappingStep;

MappingGrant Nat::add_static_mapping(const MappingRequest& request, Time now) {
  expire(now);
  const auto& [transport, internal, wished_port, exact, until, keeps_longer] = request;
  if (const MappingIndex own = table_.find_leased(transport, internal); own != no_index) {
    const Endpoint external = externals().endpoint(table_.external(own));
    if (exact && external.port != wished_port) return {.reason = DropReason::nat_ports_exhausted};
    if (!keeps_longer || until > leases_.until(own).value_or(until)) leases_.set(own, until);
    return {.external = external};
  }
  if (options_.max_mappings != 0 && table_.size() + shadows_.size() >= options_.max_mappings) {
    return {.reason = DropReason::nat_table_full};
  }
  const Endpoint owner{subscriber(internal.address), internal.port};
  const HostIndex host = hosts_.find(owner.address);
  std::uint16_t port = wished_port == 0 ? internal.port : wished_port;
  // One that serves all remotes becomes the static one: the peers know its port already.
  const bool takes_place =
      options_.mapping == Dependence::endpoint_independent && options_.mapped_ports_outbound;
  const MappingIndex dynamic = takes_place ? table_.find_inside(transport, internal, {}) : no_index;
  if (dynamic != no_index) {
    port = table_.external(dynamic).port;
    if (exact && port != wished_port) return {.reason = DropReason::nat_ports_exhausted};
  } else if (const DropReason limit = hosts_.refusal(host, transport, now);
             limit != DropReason::none) {
    return {.reason = limit};
  }
  PortRequest wish{.transport = transport, .internal = owner, .remote = {}, .exclusive = true};
  if (options_.pooling == Pooling::paired && host != no_index) {
    wish.paired = hosts_.external(host);
  }
  if (dynamic != no_index) {
    wish.paired = table_.external(dynamic).address;
    remove(dynamic, MappingStep::evicted, now);
  }
  if (options_.port_blocks == PortBlocks::none && options_.port_range.contains(port)) {
    const auto& addresses = externals().of_family(internal.address.family());
    if (!wish.paired && addresses.size() == 1) wish.paired = addresses.front();
    if (wish.paired) wish.remembered = ExternalKey{*wish.paired, port, transport};
  }
  const PortGrant grant = ports_.grant(wish, now);
  if (!grant.external) return {.reason = grant.reason};
  if (exact && grant.external->port != wished_port) {
    ports_.release(*grant.external, owner.address, now);
    return {.reason = DropReason::nat_ports_exhausted};
  }
  hosts_.add_mapping(owner.address, transport, grant.external->address, now);
  const MappingIndex index = table_.add({.internal = internal,
                                         .first_remote = {},
                                         .external = *grant.external,
                                         .timer = TimerClass::udp_mapping,
                                         .number = ++mappings_made_,
                                         .created = now,
                                         .leased = true});
  leases_.set(index, until);
  tell(MappingStep::created, index, {}, now);
  return {.external = externals().endpoint(*grant.external)};
}

void Nat::expire_leases(Time now) {
  for (Leases::Lease lease = leases_.first(); lease.until <= now; lease = leases_.first()) {
    remove_expired(lease.mapping, lease.until, now);
  }
}

bool Nat::remove_static_mapping(Transport transport, const Endpoint& internal, Time now) {
  expire(now);
  const MappingIndex index = table_.find_leased(transport, internal);
  if (index == no_index) return false;
  remove(index, MappingStep::evicted, now);
  return true;
}

}  // namespace natsim::nat
