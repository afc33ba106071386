// Why a packet died: one vocabulary for counters, digest, capture comments and explanations.
#pragma once

#include <cstdint>
#include <string_view>

namespace natsim::core {

enum class DropReason : std::uint8_t {
  none,  // the packet lives
  // Links.
  link_down,
  queue_overflow,
  queue_management,
  random_loss,
  burst_loss,
  scripted_drop,
  partitioned,
  // Routing.
  no_route,
  ttl_expired,
  too_big,
  malformed,
  land,
  // NAT.
  nat_no_mapping,
  nat_mapping_expired,
  nat_filtered_address,
  nat_filtered_port,
  nat_ports_exhausted,
  nat_port_collision,
  nat_block_exhausted,
  nat_table_full,
  nat_host_limit,
  nat_host_rate,
  nat_hairpin_off,
  nat_unsupported_protocol,
  nat_icmp_mismatch,
  nat_icmp_policy,
  nat_tcp_no_connection,
  nat_tcp_simultaneous_open,
  nat_syn_withdrawn,
  nat_syn_repeated,
  nat_fragment_policy,
  nat_fragment_out_of_order,
  nat_flushed,
  nat_rebooted,
  nat_renumbered,
  nat_reconfigured,
  // Firewalls.
  firewall_rule,
  firewall_no_state,
  firewall_state_expired,
  firewall_udp_blocked,
  firewall_port_not_allowed,
  captive_portal,
  // Hosts.
  not_local,
  no_socket,
  bad_checksum,
  interface_down,
  address_gone,
  host_asleep,
  fragment_timeout,
  fragment_overlap,
  fragment_limit,
  // Agents.
  agent_unexpected,
  stun_malformed,
  stun_unauthenticated,
  stun_unknown_transaction,
  stun_wrong_ufrag,
  ice_candidate_limit,
  media_not_secured,
  srtp_unauthenticated,
  srtp_replayed,
  turn_no_permission,
  turn_no_channel,
  turn_no_allocation,
  // Translators between IPv4 and IPv6.
  untranslatable,
  // Tunnels.
  softwire_spoofed,
  count_
};

inline constexpr std::size_t drop_reason_count = static_cast<std::size_t>(DropReason::count_);

// The enumerator's name, as it stands in JSON and capture comments: "nat_filtered_port".
std::string_view name(DropReason reason);

// One clause for people: "the NAT's filter has no entry for that address and port".
std::string_view describe(DropReason reason);

}  // namespace natsim::core
