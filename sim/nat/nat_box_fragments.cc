// How a NAT passes fragments on: the later ones of a datagram go the way of the first, which alone
// has ports (RFC 4787 §11).
#include <utility>

#include "sim/nat/nat_box.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;
using net::PacketPtr;

PacketPtr NatBox::take_fragment(PacketPtr fragment, const DatagramKey& datagram) {
  const Fragments policy = nat_->options().fragments;
  if (policy == Fragments::drop) {
    drop_fragment(*fragment, DropReason::nat_fragment_policy);
    return nullptr;
  }
  if (fragment->fragment_offset == 0) return fragment;
  const Time now = world().now();
  if (const FragmentFate* const fate = fates_.find(datagram, now)) {
    follow_first(std::move(fragment), *fate, datagram.from_outside);
  } else if (policy == Fragments::in_order_only) {
    drop_fragment(*fragment, DropReason::nat_fragment_out_of_order);
  } else {
    const PacketPtr displaced = held_fragments_.hold(datagram, std::move(fragment), now);
    if (displaced != nullptr) drop_fragment(*displaced, DropReason::fragment_limit);
    fragment_patience_.arm(held_fragments_.next_deadline());
  }
  return nullptr;
}

void NatBox::follow_first(PacketPtr fragment, const FragmentFate& fate, bool from_outside) {
  constexpr std::string_view note = "as the first fragment of its datagram";
  if (fate.action == Verdict::Action::drop) {
    return drop_fragment(*fragment, fate.reason, note);
  }
  const Endpoint old_source = own_of(fragment->source);
  const Endpoint old_destination = fragment->destination;
  std::optional<std::uint32_t> cut_as;
  if (from_outside && nat64_) {
    fragment = enter(*fragment, cut_as);
    if (fragment == nullptr) return;
  }
  net::rewrite_source(*fragment, {fate.source, 0});
  net::rewrite_destination(*fragment, {fate.destination, 0});
  const bool inside = from_outside || fate.action == Verdict::Action::hairpin;
  if (!inside && nat64_) {
    fragment = leave(*fragment);
    if (fragment == nullptr) return;
  }
  const auto softwire = inside ? reveal_destination(*fragment) : std::nullopt;
  trace_translation(world(), id(), *fragment, old_source, old_destination, [note] { return note; });
  if (inside) return go_inside(std::move(fragment), cut_as, softwire);
  net::decrement_hop_limit(*fragment);
  send_fitting(std::move(fragment), outside_);
}

void NatBox::drop_fragment(const net::Packet& fragment, DropReason reason, std::string_view note) {
  const PacketPtr sent = aftr_ ? as_sent(fragment) : nullptr;
  trace_drop(world(), id(), sent ? *sent : fragment, reason, [note] { return note; });
}

void NatBox::tell_fate(const DatagramKey& datagram, const Verdict& verdict,
                       const net::Packet& first) {
  fates_.tell(datagram,
              {verdict.action, verdict.reason, first.source.address, first.destination.address},
              world().now());
}

void NatBox::release_fragments(const DatagramKey& datagram) {
  const FragmentFate* const known = fates_.find(datagram, world().now());
  if (known == nullptr) return;
  const FragmentFate fate = *known;
  for (PacketPtr& fragment : held_fragments_.take(datagram)) {
    follow_first(std::move(fragment), fate, datagram.from_outside);
  }
  fragment_patience_.arm(held_fragments_.next_deadline());
}

void NatBox::give_up_fragments(Time due, DropReason reason) {
  for (PacketPtr fragment = held_fragments_.take_due(due); fragment != nullptr;
       fragment = held_fragments_.take_due(due)) {
    drop_fragment(*fragment, reason);
  }
  fragment_patience_.arm(held_fragments_.next_deadline());
}

}  // namespace natsim::nat
