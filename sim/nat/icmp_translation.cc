// How a NAT translates ICMP errors (RFC 5508 §4).
#include "sim/nat/nat.h"
#include "sim/net/checksum.h"
#include "sim/net/rewrite.h"

namespace natsim::nat {
namespace {

using core::DropReason;
using Action = Verdict::Action;

// RFC 5508 REQ-3: the ICMP checksum and the quoted IP header's are verified, the quoted transport's
// is not.
bool quotation_intact(const net::Packet& packet, const net::IcmpErrorView& view) {
  if (!net::checksums_right(packet)) return false;
  const ByteView quoted = packet.datagram().subspan(view.quoted_offset);
  if (!view.quoted_source.address.is_v4()) return true;
  return net::ones_sum(quoted.first(std::size_t{quoted[0] & 0x0fU} * 4)) == 0xffff;
}

struct Error {
  std::optional<net::IcmpErrorView> view;
  DropReason reason = DropReason::none;  // why it cannot be translated whatever the table holds
};

Error read_error(const net::Packet& packet) {
  const auto view = net::parse_icmp_error(packet);
  if (!view) return {std::nullopt, DropReason::nat_unsupported_protocol};
  if (!quotation_intact(packet, *view)) return {std::nullopt, DropReason::bad_checksum};
  if (view->quoted_protocol != net::Protocol::udp ||
      view->quoted_source.address != packet.destination.address) {
    return {std::nullopt, DropReason::nat_icmp_mismatch};
  }
  return {view};
}

}  // namespace

// From inside, about a packet that came in: the quoted destination is an internal endpoint.
Verdict Nat::outbound_error(net::Packet& packet) const {
  const auto [view, reason] = read_error(packet);
  if (!view) return {.reason = reason};
  constexpr Transport transport = Transport::udp;
  const bool hairpin = is_external(packet.destination.address);
  if (hairpin && options_.hairpin == Hairpin::off) return {.reason = DropReason::nat_hairpin_off};
  const MappingIndex reporter =
      table_.find_inside(transport, view->quoted_destination, view->quoted_source);
  if (reporter == no_index) return {.reason = DropReason::nat_icmp_mismatch};
  const Endpoint external = pool_.endpoint(table_.external(reporter));
  MappingIndex receiver = no_index;
  if (hairpin) {
    receiver = table_.find_sender(*pool_.find(transport, view->quoted_source), external);
    if (receiver == no_index) {
      return {.reason = DropReason::nat_icmp_mismatch, .sender = reporter};
    }
  }
  net::rewrite_quoted_destination(packet, *view, external);
  net::rewrite_source(packet, external);
  if (!hairpin) return {.action = Action::forward, .sender = reporter};
  // RFC 5508 REQ-7: back inside, to the sender of the quoted packet.
  const Endpoint internal = table_.internal(receiver);
  net::rewrite_quoted_source(packet, *view, internal);
  net::rewrite_destination(packet, internal);
  return {.action = Action::hairpin, .sender = reporter, .receiver = receiver};
}

// From outside, about a packet that left: the quoted source is an external endpoint.
Verdict Nat::inbound_error(net::Packet& packet) const {
  const auto [view, reason] = read_error(packet);
  if (!view) return {.reason = reason};
  constexpr Transport transport = Transport::udp;
  const auto external = pool_.find(transport, view->quoted_source);
  const MappingIndex receiver =
      external ? table_.find_sender(*external, view->quoted_destination) : no_index;
  if (receiver == no_index) return {.reason = DropReason::nat_icmp_mismatch};
  const Endpoint internal = table_.internal(receiver);
  net::rewrite_quoted_source(packet, *view, internal);
  net::rewrite_destination(packet, internal);
  return {.action = Action::forward, .receiver = receiver};
}

}  // namespace natsim::nat
