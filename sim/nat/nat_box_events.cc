// What befalls a NAT as a whole: it is flushed, rebooted, renumbered, configured anew.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/nat/nat_box.h"
#include "sim/nat/presets.h"
#include "sim/net/icmp_query.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;

void NatBox::flush() {
  tell("nat.flushed", {"kind", std::string_view(kind_name(nat_->options()))});
  lose_state(DropReason::nat_flushed);
}

void NatBox::reboot(Duration downtime) {
  tell("nat.rebooted", {"downtime", downtime});
  lose_state(DropReason::nat_rebooted);
  down_until_ = world().now() + downtime;
  begin_anew(nat_->options());
}

void NatBox::renumber(const IpAddress& address, std::uint8_t prefix_length) {
  tell("nat.renumbered", {"address", std::string_view(to_string(address))});
  lose_state(DropReason::nat_renumbered);
  std::vector<std::pair<IpAddress, std::uint8_t>> addresses{{address, prefix_length}};
  for (std::size_t i = 0; i < outside_.addresses().size(); ++i) {
    const IpAddress& other = outside_.addresses()[i];
    if (other.family() == address.family()) continue;
    addresses.emplace_back(other, outside_.prefixes()[i].length);
  }
  outside_.set_addresses(addresses);
  begin_anew(nat_->options());
}

void NatBox::reconfigure(const NatOptions& options) {
  tell("nat.reconfigured", {"kind", std::string_view(kind_name(options))});
  lose_state(DropReason::nat_reconfigured);
  begin_anew(options);
}

void NatBox::tell(std::string_view kind, const core::Field& detail) {
  nat_->expire(world().now());
  world().events().emit(world().now(), id(), kind,
                        {detail, {"mappings", std::int64_t{nat_->mapping_count()}}});
}

void NatBox::lose_state(DropReason reason) {
  const Time now = world().now();
  lost_.clear();
  losing_ = true;
  nat_->flush(now, reason);
  losing_ = false;
  for (HeldSyns::Held held = held_syns_.take_due(Time::never()); held.packet != nullptr;
       held = held_syns_.take_due(Time::never())) {
    trace_drop(world(), id(), *held.packet, reason);
  }
  patience_.cancel();
  give_up_fragments(Time::never(), reason);
  fates_.clear();
  if (aftr_) aftr_->softwires.clear();
  expiry_.cancel();
}

void NatBox::begin_anew(const NatOptions& options) {
  const std::uint64_t made = nat_->mappings_made();
  const NatOptions kept = options;  // they may be the NAT's own
  ++beginnings_;
  nat_.emplace(kept, world().random(fmt::format("{}/nat/{}", name(), beginnings_)),
               static_cast<MappingSink&>(*this), made, aftr_ ? &aftr_->softwires : nullptr);
  fates_ = FragmentFates<FragmentFate>(kept.max_fragments, kept.fragment_timeout);
  held_fragments_ = HeldFragments(kept.max_fragments, kept.fragment_timeout);
  generation_ = 0;
}

const LostMappings::Lost* NatBox::loss_of(const net::Packet& packet, DropReason reason) const {
  if (reason != DropReason::nat_no_mapping) return nullptr;
  const auto query = net::parse_icmp_query(packet);
  return lost_.find(
      static_cast<std::uint8_t>(packet.protocol),
      {packet.destination.address, query ? query->identifier : packet.destination.port});
}

}  // namespace natsim::nat
