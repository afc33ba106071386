// Why a NAT gave a verdict, in words.
#include <fmt/format.h>

#include "sim/nat/nat.h"
#include "sim/nat/option_names.h"
#include "sim/net/icmp_query.h"

namespace natsim::nat {
namespace {

using core::DropReason;

// "a, b, c and 12 more"
std::string list_of(const std::vector<Endpoint>& remotes) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < remotes.size() && i < shown; ++i) {
    if (i > 0) text += ", ";
    text += remote_text(remotes[i]);
  }
  if (remotes.size() > shown) text += fmt::format(" and {} more", remotes.size() - shown);
  return text;
}

}  // namespace

std::string Nat::text_of(const MappingSnapshot& mapping) const {
  std::string text =
      fmt::format("mapping {} -> {}", inside_text(mapping.internal), to_string(mapping.external));
  if (mapping.remote) text += " for " + remote_text(*mapping.remote);
  return text;
}

std::string Nat::share_text(Transport transport, const IpAddress& host) const {
  constexpr std::string_view names[] = {"UDP", "TCP", "ICMP queries"};
  const std::uint32_t limits[] = {options_.max_udp_mappings_per_host,
                                  options_.max_tcp_mappings_per_host,
                                  options_.max_icmp_mappings_per_host};
  const auto index = static_cast<std::size_t>(transport);
  const HostIndex known = hosts_.find(host);
  if (known != no_index && limits[index] != 0 &&
      hosts_.mappings(known, transport) >= limits[index]) {
    return fmt::format("{} has {} mappings of {}, which is the limit of a host", inside_text(host),
                       limits[index], names[index]);
  }
  return fmt::format("{} has {} mappings, which is the limit of a host", inside_text(host),
                     options_.max_mappings_per_host);
}

std::string Nat::block_text(const IpAddress& host) const {
  if (options_.port_blocks == PortBlocks::dynamic) {
    std::string text = fmt::format("no port is free in what {} has", inside_text(host));
    for (const PortBlock& block : ports_.blocks().of(host)) {
      text += fmt::format("{} {}:{}-{}", text.ends_with("has") ? "" : ",",
                          to_string(externals().address(block.address)), block.range.first,
                          block.range.last);
    }
    return fmt::format("{}, and {} is the limit of its blocks", text,
                       options_.port_blocks_per_host);
  }
  const auto block = ports_.blocks().of_subscriber(host);
  if (!block) {
    return fmt::format("there is no block of ports for {} among the subscribers {}",
                       inside_text(host), to_string(options_.subscribers));
  }
  return fmt::format("no port is free in the block of {}, {}:{}-{}", inside_text(host),
                     to_string(externals().address(block->address)), block->range.first,
                     block->range.last);
}

// What Unsolicited::accept_local_and_track adds to the story of a dropped packet.
std::string Nat::shadow_text(const net::Packet& packet) const {
  if (shadows_.size() == 0 || packet.protocol != net::Protocol::udp) return {};
  const auto external = externals().find(Transport::udp, packet.destination);
  if (!external || !shadows_.contains(*external, packet.source)) return {};
  return fmt::format("; the NAT took it for its own, and for {} no mapping on {} may send to {}",
                     to_string(shadows_.lifetime()), to_string(packet.destination),
                     to_string(packet.source));
}

std::string Nat::explain(const Verdict& verdict, const net::Packet& packet, Time now) const {
  if (verdict.action != Verdict::Action::drop) {
    const bool by_sender = verdict.sender != no_index;
    const MappingSnapshot used = mapping(by_sender ? verdict.sender : verdict.receiver);
    std::string text = text_of(used);
    if (verdict.action == Verdict::Action::hairpin) {
      text += "; back in by " + text_of(mapping(verdict.receiver));
    } else if (used.transport == Transport::tcp) {
      // An ICMP error about a connection is on the same mapping, but has no port.
      const Endpoint& remote = by_sender ? packet.destination : packet.source;
      const SessionIndex session =
          sessions_.find(by_sender ? verdict.sender : verdict.receiver, remote);
      if (session != no_index) {
        text += fmt::format("; TCP {}, for {}", to_string(sessions_.tracking(session).state()),
                            to_string(sessions_.expires(session) - now));
        return text;
      }
    }
    return fmt::format("{}; expires in {}", text, to_string(used.expires - now));
  }
  // Whom the receiver's filter took for the sender: a hairpinned packet comes from outside, as it
  // were.
  const Endpoint remote =
      verdict.sender == no_index ? packet.source : mapping(verdict.sender).external;
  const auto query = net::parse_icmp_query(packet);
  const Transport transport = query                                   ? Transport::icmp_query
                              : packet.protocol == net::Protocol::tcp ? Transport::tcp
                                                                      : Transport::udp;
  const Endpoint external{packet.destination.address,
                          query ? query->identifier : packet.destination.port};
  switch (verdict.reason) {
    case DropReason::nat_no_mapping:
      if (query && !query->reply) {
        return "an echo request cannot say which inside host it is for";
      }
      return fmt::format("no mapping has the external endpoint {}", to_string(external)) +
             shadow_text(packet);
    case DropReason::nat_mapping_expired: {
      const auto* const expiry = expiries_.find(*externals().find(transport, external));
      return fmt::format("no mapping has the external endpoint {}; that of {} expired {} earlier",
                         to_string(external), inside_text(expiry->internal),
                         to_string(now - expiry->at)) +
             shadow_text(packet);
    }
    case DropReason::nat_filtered_address:
    case DropReason::nat_filtered_port: {
      const MappingSnapshot refused_by = mapping(verdict.receiver);
      if (table_.origin(verdict.receiver).strict) {
        return fmt::format(
            "filter APDF of {}: {} was never sent to; it was made under load, when there were {} "
            "mappings or more",
            text_of(refused_by), to_string(remote), options_.degrade_above);
      }
      return fmt::format("filter {} of {}: {} was never sent to; it holds {}{}",
                         name_in(filtering_names, options_.filtering), text_of(refused_by),
                         remote_text(seen_by(options_.filtering, remote)),
                         list_of(refused_by.filter),
                         options_.filter_scope == FilterScope::per_endpoint
                             ? ", and no other mapping of the internal endpoint admits it either"
                             : "") +
             shadow_text(packet);
    }
    case DropReason::nat_ports_exhausted:
      return fmt::format("no port of {}-{} is free for {}", options_.port_range.first,
                         options_.port_range.last, inside_text(packet.source));
    case DropReason::nat_port_collision:
      return fmt::format("the external port for {} is another's, and on_collision is {}",
                         inside_text(packet.source),
                         name_in(port_collision_names, options_.on_collision));
    case DropReason::nat_block_exhausted:
      return block_text(subscriber(packet.source.address));
    case DropReason::nat_host_rate:
      return fmt::format("{} may make {} mappings in a second and has made as many",
                         inside_text(subscriber(packet.source.address)),
                         options_.max_new_mappings_per_second);
    case DropReason::nat_table_full:
      return fmt::format("the table holds {} mappings, which is its limit", table_.size());
    case DropReason::nat_host_limit:
      return share_text(transport, subscriber(packet.source.address));
    case DropReason::nat_hairpin_off:
      return fmt::format("{} is an external address of this NAT, and hairpinning is off",
                         to_string(packet.destination.address));
    case DropReason::nat_icmp_mismatch:
      if (const auto view = net::parse_icmp_error(packet)) {
        return fmt::format("the error quotes a packet {} -> {} that no mapping has translated",
                           to_string(view->quoted_source), to_string(view->quoted_destination));
      }
      break;
    case DropReason::nat_unsupported_protocol:
      if (packet.protocol == net::Protocol::udp || packet.protocol == net::Protocol::tcp || query) {
        return fmt::format("no external address is of the family of {}",
                           to_string(packet.source.address));
      }
      return fmt::format("IP protocol {} is not translated",
                         static_cast<unsigned>(packet.protocol));
    default:
      break;
  }
  return std::string(core::describe(verdict.reason));
}

}  // namespace natsim::nat
