// How a NAT's gateways change the payloads that pass, and say so.
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/nat/nat_box.h"
#include "sim/nat/payload_addresses.h"
#include "sim/net/network.h"
#include "sim/net/rewrite.h"
#include "sim/net/trace.h"

namespace natsim::nat {

// A call's sessions are refreshed within this time (RFC 4028 §4.2, Session-Expires of 1800 s), with
// a description that lets the port stay open for as long again.
static constexpr Duration media_lifetime = seconds(1800);

void NatBox::rewrite_payload(net::PacketPtr& packet, const Endpoint& from, const Endpoint& to,
                             bool outbound) {
  const NatOptions& options = nat_->options();
  if (from == to || packet->protocol != net::Protocol::udp || packet->is_fragment() ||
      !packet->is_v4()) {
    return;
  }
  const auto media = [&](const Endpoint& internal) -> std::optional<Endpoint> {
    if (!outbound) return std::nullopt;
    const MappingGrant grant = add_static_mapping({.transport = Transport::udp,
                                                   .internal = internal,
                                                   .external_port = internal.port,
                                                   .until = world().now() + media_lifetime,
                                                   .keeps_longer = true});
    if (grant.reason != core::DropReason::none) return std::nullopt;
    return grant.external;
  };
  if (options.alg_sip && (packet->source.port == sip_port || packet->destination.port == sip_port ||
                          from.port == sip_port)) {
    put_payload(packet, rewrite_sip(packet->payload(), from, to, media), "SIP", from, to);
  }
  if (options.alg_any_address) {
    put_payload(packet, rewrite_any_address(packet->payload(), from, to), "any address", from, to);
  }
}

void NatBox::put_payload(net::PacketPtr& packet, const std::optional<RewrittenPayload>& payload,
                         std::string_view gateway, const Endpoint& from, const Endpoint& to) {
  if (!payload || payload->bytes.size() > net::max_udp_payload) return;
  packet = net::with_payload(network().pool(), *packet, payload->bytes);
  trace_step(world(), core::PacketStep::impaired, id(), *packet, [&] {
    return fmt::format("its payload tells of {} in the place of {}, by the gateway for {}",
                       to_string(to), to_string(from), gateway);
  });
  world().events().emit(world().now(), id(), "nat.payload_rewritten",
                        {{"gateway", gateway},
                         {"from", from},
                         {"to", to},
                         {"places", std::int64_t{payload->places}}});
}

}  // namespace natsim::nat
