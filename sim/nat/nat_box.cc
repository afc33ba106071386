#include "sim/nat/nat_box.h"

#include <utility>

#include <fmt/format.h>

#include "sim/nat/refusal.h"
#include "sim/net/fragment.h"
#include "sim/net/link.h"
#include "sim/net/network.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;
using net::IcmpError;
using net::Interface;
using net::PacketPtr;

NatBox::NatBox(net::Network& network, std::string name, const NatOptions& options,
               const std::optional<Prefix>& nat64, const std::optional<IpAddress>& aftr)
    : Node(network, std::move(name)),
      Actor(network.world().scheduler(), id()),
      nat64_(nat64 ? std::make_unique<Nat64>(network.pool(), *nat64) : nullptr),
      aftr_(aftr ? std::make_unique<Aftr>(*aftr, *this) : nullptr),
      outside_(Node::add_interface()),
      inside_(network),
      expiry_(*this),
      patience_(*this),
      fates_(options.max_fragments, options.fragment_timeout),
      held_fragments_(options.max_fragments, options.fragment_timeout),
      fragment_patience_(*this),
      nat_(std::in_place, options, network.world().random(this->name() + "/nat"),
           static_cast<MappingSink&>(*this), std::uint64_t{0},
           aftr_ ? &aftr_->softwires : nullptr) {
  inside_.originate(Prefix{IpAddress::any_v4(), 0});
  inside_.originate(Prefix{IpAddress::any_v6(), 0});
}

Interface& NatBox::add_inside_interface() {
  Interface& interface = Node::add_interface();
  inside_.add_interface(interface);
  return interface;
}

void NatBox::receive(PacketPtr packet, Interface& in) {
  if (world().now() < down_until_) [[unlikely]] {
    return trace_drop(world(), id(), *packet, DropReason::nat_rebooted, [&] {
      return fmt::format("it is up again in {}", to_string(down_until_ - world().now()));
    });
  }
  follow_topology();
  if (&in == &outside_) {
    from_outside(std::move(packet));
  } else {
    from_inside(std::move(packet), in);
  }
}

void NatBox::from_inside(PacketPtr packet, Interface& in) {
  const IpAddress& destination = packet->destination.address;
  if (aftr_ && destination == aftr_->address) return from_softwire(std::move(packet), in);
  const auto route = inside_.lookup(destination);
  if (route && route->out != nullptr) return forward_inside(std::move(packet), in, *route->out);
  const bool hairpin = !aftr_ && nat_->is_external(destination);
  if (!hairpin) {
    if (on_inside_link(destination)) {
      if (spread(packet, in, inside_.interfaces())) return;
      // Its programs hear what is sent to groups on the inside links.
      if (destination.is_multicast() && services_ != nullptr) {
        return forward_inside(std::move(packet), in, *services_);
      }
      if (owns(destination)) {
        if (services_ != nullptr) return forward_inside(std::move(packet), in, *services_);
        return trace_drop(world(), id(), *packet, DropReason::no_socket);
      }
      return refuse(std::move(packet), in, DropReason::no_route, IcmpError::host_unreachable);
    }
    const bool reaches = nat64_ ? nat64_->prefix().contains(destination) : !aftr_;
    if (!outside_.connected() || !reaches) {
      return refuse(std::move(packet), in, DropReason::no_route, IcmpError::no_route);
    }
  }
  if (packet->hop_limit <= 1) {
    return refuse(std::move(packet), in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  if (!hairpin && !nat64_ && !fits(*packet, in, outside_)) return;
  if (!hairpin && nat64_) {
    const std::uint16_t size = net::IpTranslator::size_in_ipv4(*packet);
    const bool cuttable = size <= net::largest_cuttable_ipv4 || packet->is_fragment();
    if (!fits_as(size, cuttable, *packet, in, outside_)) return;
  }
  translate_outbound(std::move(packet), in);
}

void NatBox::translate_outbound(PacketPtr packet, Interface& in) {
  if (!packet->is_fragment()) [[likely]]
    return pass_outbound(std::move(packet), in, nullptr);
  const DatagramKey datagram = datagram_key(*packet, false);
  packet = take_fragment(std::move(packet), datagram);
  if (packet == nullptr) return;
  pass_outbound(std::move(packet), in, &datagram);
  release_fragments(datagram);
}

void NatBox::pass_outbound(PacketPtr packet, Interface& in, const DatagramKey* datagram) {
  const Endpoint old_source = own_of(packet->source);
  const Endpoint old_destination = packet->destination;
  const Verdict verdict = nat_->outbound(*packet, world().now());
  follow_expiry();
  if (datagram != nullptr) tell_fate(*datagram, verdict, *packet);
  if (verdict.action == Verdict::Action::drop) {
    if (verdict.answer != Verdict::Answer::none) {
      return turn_away(std::move(packet), verdict, in);
    }
    drop(*packet, verdict);
    if (const auto answer = answer_to(nat_->options(), verdict.reason)) {
      if (!aftr_) return send_icmp_error(*answer, *packet, in);
      const auto host = aftr_->softwires.find(packet->source.address);
      if (host) tell_behind(host->softwire, *answer, *as_sent(*packet));
    }
    return;
  }
  const bool hairpin = verdict.action == Verdict::Action::hairpin;
  PacketPtr judged;  // a NAT64's, in the form that it has inside
  if (nat64_ && !hairpin) {
    judged = std::move(packet);
    packet = leave(*judged);
    if (packet == nullptr) return;
  }
  const net::Packet& inner = judged ? *judged : *packet;
  const auto softwire = hairpin ? reveal_destination(*packet) : std::nullopt;
  tell_translated(*packet, inner, verdict, old_source, old_destination);
  if (looks_into_payloads()) [[unlikely]] {
    rewrite_payload(packet, old_source, packet->source, true);
    if (hairpin) rewrite_payload(packet, old_destination, packet->destination, false);
  }
  if (!held_syns_.empty()) [[unlikely]]
    withdraw_syn(inner);
  if (hairpin) return go_inside(std::move(packet), std::nullopt, softwire);
  net::decrement_hop_limit(*packet);
  send_fitting(std::move(packet), outside_);
}

void NatBox::from_outside(PacketPtr packet) {
  const IpAddress& address = packet->destination.address;
  const bool ours = nat64_ ? packet->is_v4() && nat_->is_external(nat64_->inner(address))
                           : nat_->is_external(address);
  if (!ours) {
    return trace_drop(world(), id(), *packet,
                      outside_.had(packet->destination.address) ? DropReason::nat_renumbered
                                                                : DropReason::not_local);
  }
  if (packet->hop_limit <= 1) {
    return refuse(std::move(packet), outside_, DropReason::ttl_expired,
                  IcmpError::hop_limit_exceeded);
  }
  if (!packet->is_fragment()) [[likely]]
    return pass_inbound(std::move(packet), nullptr);
  const DatagramKey datagram = datagram_key(*packet, true);
  packet = take_fragment(std::move(packet), datagram);
  if (packet == nullptr) return;
  pass_inbound(std::move(packet), &datagram);
  release_fragments(datagram);
}

void NatBox::pass_inbound(PacketPtr packet, const DatagramKey* datagram) {
  const Endpoint old_source = packet->source;
  const Endpoint old_destination = packet->destination;
  std::optional<std::uint32_t> cut_as;
  if (nat64_) {
    packet = enter(*packet, cut_as);
    if (packet == nullptr) return;
  }
  const Verdict verdict = nat_->inbound(*packet, world().now());
  follow_expiry();
  if (datagram != nullptr) tell_fate(*datagram, verdict, *packet);
  if (verdict.action == Verdict::Action::drop) {
    return turn_away(std::move(packet), verdict, outside_);
  }
  const auto softwire = reveal_destination(*packet);
  tell_translated(*packet, *packet, verdict, old_source, old_destination);
  if (looks_into_payloads()) [[unlikely]]
    rewrite_payload(packet, old_destination, packet->destination, false);
  go_inside(std::move(packet), cut_as, softwire);
}

void NatBox::forward_inside(PacketPtr packet, Interface& in, Interface& out) {
  if (packet->hop_limit <= 1) {
    return refuse(std::move(packet), in, DropReason::ttl_expired, IcmpError::hop_limit_exceeded);
  }
  if (!fits(*packet, in, out)) return;
  net::decrement_hop_limit(*packet);
  send_fitting(std::move(packet), out);
}

void NatBox::deliver_inside(PacketPtr packet, std::optional<std::uint32_t> cut_as) {
  const auto route = inside_.lookup(packet->destination.address);
  if (!route || route->out == nullptr) {
    return trace_drop(world(), id(), *packet, DropReason::no_route);
  }
  Interface& out = *route->out;
  if (cut_as && packet->size > net::lowest_ipv6_mtu) {
    net::decrement_hop_limit(*packet);
    auto pieces = net::cut_at_source(network().pool(), *packet, net::lowest_ipv6_mtu, *cut_as);
    return send_fragments(*packet, std::move(pieces), out);
  }
  if (const std::uint16_t mtu = out.link().options().mtu;
      packet->size > mtu && !net::may_be_cut(*packet)) {
    trace_drop(world(), id(), *packet, DropReason::too_big);
    // Made as a router behind the NAT would make it, so that its quotation is translated back.
    const IpAddress* const source = out.address_of(packet->source.address.family());
    if (source == nullptr) return;
    PacketPtr error =
        net::make_icmp_error(network().pool(), *source, IcmpError::too_big, *packet, mtu);
    if (error == nullptr) return;
    stamp(*error);
    return translate_outbound(std::move(error), out);
  }
  net::decrement_hop_limit(*packet);
  send_fitting(std::move(packet), out);
}

PacketPtr NatBox::enter(const net::Packet& outer, std::optional<std::uint32_t>& cut_as) {
  PacketPtr inner = nat64_->enter(outer);
  if (inner == nullptr) {
    trace_drop(world(), id(), outer, DropReason::untranslatable);
  } else if (!inner->dont_fragment) {
    cut_as = net::identification_of(outer);
  }
  return inner;
}

PacketPtr NatBox::leave(const net::Packet& inner) {
  PacketPtr outer = nat64_->leave(inner);
  if (outer == nullptr) trace_drop(world(), id(), inner, DropReason::untranslatable);
  return outer;
}

void NatBox::drop(const net::Packet& packet, const Verdict& verdict) {
  // A packet that a NAT64 turns away at its outside dies as what it was there.
  const bool embedded = nat64_ && nat64_->prefix().contains(packet.source.address);
  const PacketPtr outer = embedded ? nat64_->leave(packet) : aftr_ ? as_sent(packet) : nullptr;
  const net::Packet& shown = outer ? *outer : packet;
  if (!lost_.empty()) [[unlikely]] {
    if (const LostMappings::Lost* const lost = loss_of(packet, verdict.reason)) {
      return trace_drop(world(), id(), shown, lost->reason, [&] {
        return fmt::format("the mapping of {} went {} earlier", to_string(lost->internal),
                           to_string(world().now() - lost->at));
      });
    }
  }
  trace_drop(world(), id(), shown, verdict.reason,
             [&] { return nat_->explain(verdict, packet, world().now()); });
}

void NatBox::tell_translated(const net::Packet& shown, const net::Packet& judged,
                             const Verdict& verdict, const Endpoint& old_source,
                             const Endpoint& old_destination) {
  trace_translation(world(), id(), shown, old_source, old_destination,
                    [&] { return nat_->explain(verdict, judged, world().now()); });
}

void NatBox::refuse(PacketPtr packet, Interface& in, DropReason reason, IcmpError error) {
  trace_drop(world(), id(), *packet, reason);
  send_icmp_error(error, *packet, in);
}

std::vector<MappingSnapshot> NatBox::mappings() const {
  std::vector<MappingSnapshot> all = nat_->mappings(world().now());
  if (!nat64_ && !aftr_) return all;
  for (MappingSnapshot& mapping : all) {
    if (aftr_) {
      const auto host = aftr_->softwires.find(mapping.internal.address);
      mapping.internal = own_of(mapping.internal);
      if (host) mapping.softwire = host->softwire;
    }
    mapping.external = as_outside(mapping.external);
    if (mapping.remote) mapping.remote = as_outside(*mapping.remote);
    for (Endpoint& remote : mapping.filter) remote = as_outside(remote);
  }
  return all;
}

MappingGrant NatBox::add_static_mapping(const MappingRequest& request) {
  follow_topology();
  MappingGrant grant = nat_->add_static_mapping(request, world().now());
  grant.external = as_outside(grant.external);
  follow_expiry();
  return grant;
}

MappingKeep NatBox::keep_mapping(const Endpoint& internal, const Endpoint& remote, Time until) {
  follow_topology();
  const MappingKeep keep = nat_->keep_mapping(internal, remote, until, world().now());
  follow_expiry();
  return keep;
}

bool NatBox::remove_static_mapping(Transport transport, const Endpoint& internal) {
  return nat_->remove_static_mapping(transport, internal, world().now());
}

// What a packet does may bring the next expiry forward; that it puts it off is seen when the timer
// fires.
void NatBox::follow_expiry() {
  if (!expiry_.armed() || nat_->expiry_bound() < expiry_.deadline()) {
    expiry_.arm(nat_->next_expiry());
  }
}

void NatBox::on_timer(core::Timer& timer) {
  if (&timer == &patience_) return answer_held_syns();
  if (&timer == &fragment_patience_) {
    return give_up_fragments(world().now(), DropReason::fragment_timeout);
  }
  nat_->expire(world().now());
  expiry_.arm(nat_->next_expiry());
}

void NatBox::on_mapping(const core::MappingEvent& event) {
  core::MappingEvent own = event;
  own.nat = id();
  if (aftr_) {
    if (const auto host = aftr_->softwires.find(event.internal.address)) {
      own.internal.address = host->address;
      own.softwire = host->softwire;
    }
  }
  if (event.step == core::MappingStep::evicted && losing_) {
    lost_.add(event.protocol, event.external, {event.reason, own.internal, event.at});
  } else if (event.step == core::MappingStep::created && !lost_.empty()) {
    lost_.remove(event.protocol, event.external);
  }
  own.external = as_outside(own.external);
  own.remote = as_outside(own.remote);
  world().events().emit(own);
}

void NatBox::on_connection_expired(const ExpiredConnection& connection) {
  const auto inside = inside_.lookup(connection.internal.address);
  if (aftr_) {
    send_reset(connection.remote, connection.internal, connection.next_from_outside,
               *inside_.interfaces().front());
  } else if (inside && inside->out != nullptr) {
    send_reset(connection.remote, connection.internal, connection.next_from_outside, *inside->out);
  }
  if (!connection.hairpinned && outside_.connected()) {
    send_reset(connection.external, connection.remote, connection.next_from_inside, outside_);
  }
}

void NatBox::follow_topology() {
  if (generation_ == network().topology_generation()) return;
  generation_ = network().topology_generation();
  for (const IpAddress& address : outside_.addresses()) {
    if (nat64_ && !address.is_v4()) continue;
    const IpAddress external = nat64_ ? nat64_->inner(address) : address;
    if (!nat_->is_external(external)) nat_->add_external_address(external);
  }
  inside_links_.clear();
  for (const Interface* interface : inside_.interfaces()) {
    for (const Prefix& prefix : interface->prefixes()) inside_links_.add(prefix, interface);
  }
}

bool NatBox::on_inside_link(const IpAddress& address) const {
  return address.is_multicast() || address.is_link_local() ||
         inside_links_.find(address) != nullptr;
}

}  // namespace natsim::nat
