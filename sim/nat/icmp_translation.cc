// How a NAT translates ICMP errors (RFC 5508 §4).
#include "sim/nat/nat.h"
#include "sim/net/checksum.h"
#include "sim/net/icmp_query.h"
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

// An error that may be translated, if the table knows the packet that it is about.
struct Error {
  std::optional<net::IcmpErrorView> view;
  DropReason reason = DropReason::none;  // why it cannot be, whatever the table holds
  Transport transport = Transport::udp;
  std::uint16_t identifier = 0;  // of a quoted query
};

std::optional<Transport> transport_of(net::Protocol protocol) {
  switch (protocol) {
    case net::Protocol::udp:
      return Transport::udp;
    case net::Protocol::tcp:
      return Transport::tcp;
    case net::Protocol::icmp:
    case net::Protocol::icmpv6:
      return Transport::icmp_query;
    case net::Protocol::ipv4:
      break;
  }
  return std::nullopt;
}

Error read_error(const net::Packet& packet, IcmpErrors policy) {
  const auto view = net::parse_icmp_error(packet);
  if (!view) return {.reason = DropReason::nat_unsupported_protocol};
  if (policy == IcmpErrors::drop) return {.reason = DropReason::nat_icmp_policy};
  if (!quotation_intact(packet, *view)) return {.reason = DropReason::bad_checksum};
  const auto transport = transport_of(view->quoted_protocol);
  if (!transport || view->quoted_source.address != packet.destination.address) {
    return {.reason = DropReason::nat_icmp_mismatch};
  }
  Error error{.view = view, .transport = *transport};
  if (*transport == Transport::icmp_query) {
    const auto query = net::parse_quoted_query(packet, *view);
    if (!query) return {.reason = DropReason::nat_icmp_mismatch};
    error.identifier = query->identifier;
  }
  return error;
}

// The side of the quoted packet that the NAT translates: of a query it has the identifier in the
// place of the port.
Endpoint near_side(const Error& error, const Endpoint& quoted) {
  if (error.transport != Transport::icmp_query) return quoted;
  return {quoted.address, error.identifier};
}

void translate_quoted_source(net::Packet& packet, const Error& error, const Endpoint& source) {
  net::rewrite_quoted_source(packet, *error.view, source);
  if (error.transport == Transport::icmp_query) {
    net::rewrite_quoted_identifier(packet, *error.view, source.port);
  }
}

void translate_quoted_destination(net::Packet& packet, const Error& error,
                                  const Endpoint& destination) {
  net::rewrite_quoted_destination(packet, *error.view, destination);
  if (error.transport == Transport::icmp_query) {
    net::rewrite_quoted_identifier(packet, *error.view, destination.port);
  }
}

}  // namespace

// From inside, about a packet that came in: the quoted destination is an internal endpoint.
Verdict Nat::outbound_error(net::Packet& packet) const {
  const Error error = read_error(packet, options_.icmp_errors);
  if (!error.view) return {.reason = error.reason};
  const bool hairpin = is_external(packet.destination.address);
  if (hairpin && options_.hairpin == Hairpin::off) return {.reason = DropReason::nat_hairpin_off};
  const Endpoint internal = near_side(error, error.view->quoted_destination);
  const MappingIndex reporter =
      table_.find_inside(error.transport, internal, error.view->quoted_source);
  if (reporter == no_index) return {.reason = DropReason::nat_icmp_mismatch};
  const Endpoint external = externals().endpoint(table_.external(reporter));
  MappingIndex receiver = no_index;
  if (hairpin) {
    receiver =
        table_.find_sender(*externals().find(error.transport, error.view->quoted_source), external);
    if (receiver == no_index) {
      return {.reason = DropReason::nat_icmp_mismatch, .sender = reporter};
    }
  }
  const bool translates = options_.icmp_errors == IcmpErrors::translate;
  if (translates) translate_quoted_destination(packet, error, external);
  net::rewrite_source(packet, external);
  if (!hairpin) return {.action = Action::forward, .sender = reporter};
  // RFC 5508 REQ-7: back inside, to the sender of the quoted packet.
  const Endpoint sender = table_.internal(receiver);
  if (translates) translate_quoted_source(packet, error, sender);
  net::rewrite_destination(packet, sender);
  return {.action = Action::hairpin, .sender = reporter, .receiver = receiver};
}

// From outside, about a packet that left: the quoted source is an external endpoint.
Verdict Nat::inbound_error(net::Packet& packet) const {
  const Error error = read_error(packet, options_.icmp_errors);
  if (!error.view) return {.reason = error.reason};
  const auto external =
      externals().find(error.transport, near_side(error, error.view->quoted_source));
  const MappingIndex receiver =
      external ? table_.find_sender(*external, error.view->quoted_destination) : no_index;
  if (receiver == no_index) return {.reason = DropReason::nat_icmp_mismatch};
  const Endpoint internal = table_.internal(receiver);
  if (options_.icmp_errors == IcmpErrors::translate) {
    translate_quoted_source(packet, error, internal);
  }
  net::rewrite_destination(packet, internal);
  return {.action = Action::forward, .receiver = receiver};
}

}  // namespace natsim::nat
