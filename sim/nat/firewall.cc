#include "sim/nat/firewall.h"

#include <optional>

#include <fmt/format.h>

#include "sim/nat/snapshot.h"
#include "sim/net/icmp_query.h"
#include "sim/net/wire.h"

namespace natsim::nat {

using core::DropReason;

namespace {

constexpr std::uint16_t dns = 53;

// The flow that a packet, or what an error quotes, is part of.
struct Talk {
  Transport transport;
  Endpoint source;
  Endpoint destination;
};

std::optional<Talk> talk_of(const net::Packet& packet) {
  if (packet.fragment_offset != 0) return std::nullopt;
  if (packet.protocol == net::Protocol::udp) {
    return Talk{Transport::udp, packet.source, packet.destination};
  }
  if (packet.protocol == net::Protocol::tcp) {
    return Talk{Transport::tcp, packet.source, packet.destination};
  }
  const auto query = net::parse_icmp_query(packet);
  if (!query) return std::nullopt;
  // The identifier stands for the port of the end that asks.
  Talk talk{Transport::icmp_query, packet.source, packet.destination};
  (query->reply ? talk.destination : talk.source).port = query->identifier;
  return talk;
}

std::optional<Talk> quoted_talk(const net::Packet& packet, const net::IcmpErrorView& view) {
  Talk talk{Transport::udp, view.quoted_source, view.quoted_destination};
  if (view.quoted_protocol == net::Protocol::udp) return talk;
  talk.transport = Transport::tcp;
  if (view.quoted_protocol == net::Protocol::tcp) return talk;
  const auto query = net::parse_quoted_query(packet, view);
  if (!query) return std::nullopt;
  talk.transport = Transport::icmp_query;
  (query->reply ? talk.destination : talk.source).port = query->identifier;
  return talk;
}

// A rule that names no end is about the protocol as such.
bool is_about_udp(const FirewallRule& rule) {
  return rule.protocol == net::Protocol::udp && !rule.ports && !rule.remote;
}

}  // namespace

Firewall::Firewall(const FirewallOptions& options) : options_(options), flows_(options) {}

void Firewall::log_out_all() {
  open_ = false;
  logged_in_.clear();
}

FirewallVerdict Firewall::outbound(const net::Packet& packet, Time now) {
  flows_.expire(now);
  if (packet.is_fragment()) [[unlikely]]
    return judge_fragment(packet, false, now);
  return judge_outbound(packet, now);
}

FirewallVerdict Firewall::inbound(const net::Packet& packet, Time now) {
  flows_.expire(now);
  if (packet.is_fragment()) [[unlikely]]
    return judge_fragment(packet, true, now);
  return judge_inbound(packet, now);
}

// Nobody is told of what becomes of later fragments (RFC 1122 §3.2.2).
FirewallVerdict Firewall::judge_fragment(const net::Packet& packet, bool from_outside, Time now) {
  const DatagramKey datagram = datagram_key(packet, from_outside);
  const bool first = packet.fragment_offset == 0;
  if (!first) {
    const DropReason* const fate = fragments_.find(datagram, now);
    if (fate != nullptr) return {.reason = *fate};
  }
  FirewallVerdict verdict = from_outside ? judge_inbound(packet, now) : judge_outbound(packet, now);
  if (first) {
    fragments_.tell(datagram, verdict.reason, now);
  } else {
    verdict.refusal = Refusal::silence;
  }
  return verdict;
}

FirewallVerdict Firewall::judge_outbound(const net::Packet& packet, Time now) {
  if (const auto error = net::parse_icmp_error(packet)) {
    if (knows(packet, *error, true)) return {};
    return {.reason = DropReason::firewall_no_state};
  }
  const auto talk = talk_of(packet);
  if (!talk) return begins(packet, packet.destination.port);
  FlowIndex flow = flows_.find(talk->transport, talk->source, talk->destination);
  const bool known = flow != no_index;
  if (!known) {
    const FirewallVerdict verdict = begins(packet, talk->destination.port);
    if (!verdict.passes()) return verdict;
  }
  std::optional<net::TcpSegment> segment;
  if (talk->transport == Transport::tcp) {
    segment = net::parse_tcp(packet.transport());
    if (!segment) return {.reason = DropReason::malformed};
    if (!known && segment->has(net::tcp_flag::rst)) return {};
  }
  if (!known) {
    const bool begun = !segment || segment->has(net::tcp_flag::syn);
    flow = flows_.add(talk->transport, talk->source, talk->destination, now,
                      begun ? TcpTracking() : TcpTracking::under_way());
  } else if (options_.refresh != Refresh::inbound && !segment) {
    flows_.refresh(flow, now);
  }
  if (segment) flows_.follow(flow, TcpSide::inside, *segment, now);
  return {};
}

// Whether the packet that an error quotes may have passed: one that came in if the error goes out,
// and one that left if it comes in.
bool Firewall::knows(const net::Packet& packet, const net::IcmpErrorView& error,
                     bool outbound) const {
  const auto quoted = quoted_talk(packet, error);
  if (!quoted) return false;
  if (outbound) return flows_.admits(quoted->transport, quoted->destination, quoted->source);
  return flows_.find(quoted->transport, quoted->source, quoted->destination) != no_index;
}

FirewallVerdict Firewall::judge_inbound(const net::Packet& packet, Time now) {
  if (const auto error = net::parse_icmp_error(packet)) {
    if (knows(packet, *error, false)) return {};
    return {.reason = DropReason::firewall_no_state};
  }
  const auto talk = talk_of(packet);
  if (!talk) return {.reason = DropReason::firewall_no_state};
  const Endpoint& internal = talk->destination;
  const Endpoint& remote = talk->source;
  std::optional<net::TcpSegment> segment;
  if (talk->transport == Transport::tcp) {
    segment = net::parse_tcp(packet.transport());
    if (!segment) return {.reason = DropReason::malformed};
  }
  FlowIndex flow = flows_.find(talk->transport, internal, remote);
  if (flow != no_index) {
    if (segment) {
      flows_.follow(flow, TcpSide::outside, *segment, now);
    } else if (options_.refresh != Refresh::outbound) {
      flows_.refresh(flow, now);
    }
    return {};
  }
  const bool may_begin = !segment || segment->has(net::tcp_flag::syn);
  bool allowed = may_begin && flows_.admits(talk->transport, internal, remote);
  if (allowed && !segment) return {};
  if (may_begin && !allowed) {
    for (std::size_t i = 0; i < options_.inbound.size(); ++i) {
      const FirewallRule& rule = options_.inbound[i];
      if (!rule.matches(packet.protocol, internal.port, remote.address)) continue;
      if (!rule.allow) {
        return {.reason = DropReason::firewall_rule,
                .refusal = options_.refuse_inbound,
                .rule = static_cast<std::uint16_t>(i + 1)};
      }
      allowed = true;
      break;
    }
  }
  if (!allowed) {
    FirewallVerdict verdict = deny_inbound(talk->transport, internal, remote);
    if (segment && segment->opens()) verdict.syn = options_.unsolicited_syn;
    return verdict;
  }
  flow = flows_.add(talk->transport, internal, remote, now);
  if (segment) flows_.follow(flow, TcpSide::outside, *segment, now);
  return {};
}

bool Firewall::must_log_in(const net::Packet& packet, std::uint16_t port) const {
  if (!options_.captive_portal || open_ || logged_in_.contains(packet.source.address)) return false;
  const bool has_ports =
      packet.protocol == net::Protocol::udp || packet.protocol == net::Protocol::tcp;
  return !has_ports || port != dns;
}

// Judges what comes from inside and begins a flow to `port`.
FirewallVerdict Firewall::begins(const net::Packet& packet, std::uint16_t port) const {
  if (must_log_in(packet, port)) {
    return {.reason = DropReason::captive_portal, .refusal = options_.refuse_outbound};
  }
  for (std::size_t i = 0; i < options_.outbound.size(); ++i) {
    const FirewallRule& rule = options_.outbound[i];
    if (!rule.matches(packet.protocol, port, packet.destination.address)) continue;
    if (rule.allow) return {};
    return {
        .reason = is_about_udp(rule) ? DropReason::firewall_udp_blocked : DropReason::firewall_rule,
        .refusal = options_.refuse_outbound,
        .rule = static_cast<std::uint16_t>(i + 1)};
  }
  if (options_.allow_outbound) return {};
  return {.reason = DropReason::firewall_port_not_allowed, .refusal = options_.refuse_outbound};
}

FirewallVerdict Firewall::deny_inbound(Transport transport, const Endpoint& internal,
                                       const Endpoint& remote) const {
  const bool expired = flows_.expired(transport, internal, remote).has_value();
  return {.reason = expired ? DropReason::firewall_state_expired : DropReason::firewall_no_state,
          .refusal = options_.refuse_inbound};
}

std::string Firewall::explain(const FirewallVerdict& verdict, const net::Packet& packet,
                              bool outbound, Time now) const {
  if (packet.fragment_offset != 0) {
    return fragments_.find(datagram_key(packet, !outbound), now) != nullptr
               ? "as the first fragment of its datagram"
               : "the first fragment of its datagram, which alone has ports, has not passed before";
  }
  const auto talk = talk_of(packet);
  const auto& rules = outbound ? options_.outbound : options_.inbound;
  switch (verdict.reason) {
    case DropReason::firewall_rule:
    case DropReason::firewall_udp_blocked:
      return fmt::format("rule {}: {}", verdict.rule,
                         to_string(rules[verdict.rule - std::size_t{1}], outbound));
    case DropReason::firewall_port_not_allowed: {
      std::string allowed;
      for (const FirewallRule& rule : rules) {
        if (!rule.allow) continue;
        if (!allowed.empty()) allowed += ", ";
        allowed += to_string(rule, outbound);
      }
      return fmt::format("no rule allows it; {}",
                         allowed.empty() ? "none allows anything" : "the rules: " + allowed);
    }
    case DropReason::captive_portal:
      return fmt::format("{} has not logged in: nothing but DNS gets out",
                         to_string(packet.source.address));
    case DropReason::firewall_state_expired: {
      const Time at = *flows_.expired(talk->transport, talk->destination, talk->source);
      const std::string idle = talk->transport == Transport::udp
                                   ? fmt::format(", after {} without a packet that restarts it",
                                                 to_string(options_.udp_timeout))
                                   : "";
      const Endpoint whom = seen_by(options_.filtering, talk->source);
      return fmt::format("what {} had opened for {} expired {} earlier{}",
                         to_string(talk->destination), whom.is_set() ? remote_text(whom) : "anyone",
                         to_string(now - at), idle);
    }
    case DropReason::firewall_no_state:
      break;
    default:
      return std::string(core::describe(verdict.reason));
  }
  if (const auto error = net::parse_icmp_error(packet)) {
    return fmt::format("the error quotes a packet {} -> {} of no flow that was let through",
                       to_string(error->quoted_source), to_string(error->quoted_destination));
  }
  if (!talk) {
    return fmt::format("IP protocol {} has no flows", static_cast<unsigned>(packet.protocol));
  }
  const Endpoint seen = seen_by(options_.filtering, talk->source);
  return fmt::format("filter {}: {} has sent {}", name_in(filtering_names, options_.filtering),
                     to_string(talk->destination),
                     seen.is_set() ? "nothing to " + remote_text(seen) : "nothing");
}

}  // namespace natsim::nat
