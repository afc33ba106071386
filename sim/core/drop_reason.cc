#include "sim/core/drop_reason.h"

#include <array>

namespace natsim::core {
namespace {

struct Row {
  DropReason reason;
  std::string_view name;
  std::string_view text;
};

using enum DropReason;

constexpr std::array<Row, drop_reason_count> rows = {{
    {none, "none", "not dropped"},
    {link_down, "link_down", "the link is down"},
    {queue_overflow, "queue_overflow", "the link's queue is full"},
    {queue_management, "queue_management", "the link's queue management shortens the queue"},
    {random_loss, "random_loss", "lost on the link"},
    {burst_loss, "burst_loss", "lost in a burst on the link"},
    {scripted_drop, "scripted_drop", "dropped by a rule of the scenario"},
    {partitioned, "partitioned", "the scenario has parted its sender's side from this one"},
    {no_route, "no_route", "no route leads to the destination"},
    {ttl_expired, "ttl_expired", "its hop limit ran out"},
    {too_big, "too_big", "it is larger than the link's MTU"},
    {malformed, "malformed", "its headers cannot be understood"},
    {land, "land", "it claims to come from where it goes to"},
    {nat_no_mapping, "nat_no_mapping", "the NAT has no mapping for the external address and port"},
    {nat_mapping_expired, "nat_mapping_expired", "the NAT's mapping has expired"},
    {nat_filtered_address, "nat_filtered_address",
     "the NAT's filter admits only addresses that the inside host has sent to"},
    {nat_filtered_port, "nat_filtered_port",
     "the NAT's filter admits only addresses and ports that the inside host has sent to"},
    {nat_ports_exhausted, "nat_ports_exhausted", "the NAT has no free external port"},
    {nat_port_collision, "nat_port_collision", "the external port that the mapping needs is taken"},
    {nat_block_exhausted, "nat_block_exhausted",
     "the inside host's blocks of ports have none left, and it gets no other"},
    {nat_table_full, "nat_table_full", "the NAT's mapping table is full"},
    {nat_host_limit, "nat_host_limit", "the inside host has used up its share of mappings"},
    {nat_host_rate, "nat_host_rate", "the inside host makes mappings faster than it may"},
    {nat_hairpin_off, "nat_hairpin_off",
     "the NAT does not turn packets for its own external address back inside"},
    {nat_unsupported_protocol, "nat_unsupported_protocol", "the NAT cannot translate the protocol"},
    {nat_icmp_mismatch, "nat_icmp_mismatch", "the ICMP error quotes a packet of no known mapping"},
    {nat_icmp_policy, "nat_icmp_policy", "the NAT lets no ICMP errors through"},
    {nat_tcp_no_connection, "nat_tcp_no_connection",
     "the segment belongs to no TCP connection that the NAT knows"},
    {nat_tcp_simultaneous_open, "nat_tcp_simultaneous_open",
     "the NAT does not let the SYNs of a simultaneous open cross"},
    {nat_syn_withdrawn, "nat_syn_withdrawn",
     "the NAT kept the SYN until the inside host sent its own"},
    {nat_syn_repeated, "nat_syn_repeated", "the NAT already keeps a SYN of the connection"},
    {nat_fragment_policy, "nat_fragment_policy", "the NAT lets no fragments through"},
    {nat_fragment_out_of_order, "nat_fragment_out_of_order",
     "it came before the first fragment, which alone has the ports"},
    {nat_flushed, "nat_flushed", "the NAT's table was flushed"},
    {nat_rebooted, "nat_rebooted", "the NAT has rebooted, and its mappings are lost"},
    {nat_renumbered, "nat_renumbered", "the NAT has another external address now"},
    {nat_reconfigured, "nat_reconfigured",
     "the NAT was configured anew, and its mappings are lost"},
    {firewall_rule, "firewall_rule", "a rule of the firewall denies it"},
    {firewall_no_state, "firewall_no_state",
     "the firewall has let out nothing that it could be an answer to"},
    {firewall_state_expired, "firewall_state_expired",
     "the firewall has forgotten what it could be an answer to"},
    {firewall_udp_blocked, "firewall_udp_blocked", "the firewall lets no UDP out"},
    {firewall_port_not_allowed, "firewall_port_not_allowed",
     "the firewall lets nothing out to that port"},
    {captive_portal, "captive_portal", "the host has not logged in at the captive portal"},
    {not_local, "not_local", "the host does not own the destination address"},
    {no_socket, "no_socket", "no socket is bound to the destination port"},
    {bad_checksum, "bad_checksum", "a checksum is wrong"},
    {interface_down, "interface_down", "the interface is down"},
    {address_gone, "address_gone", "the host has the address no longer"},
    {host_asleep, "host_asleep", "the host is asleep"},
    {fragment_timeout, "fragment_timeout", "the rest of its fragments did not come in time"},
    {fragment_overlap, "fragment_overlap", "its fragments overlap"},
    {fragment_limit, "fragment_limit", "too many fragments wait for the rest of theirs"},
    {agent_unexpected, "agent_unexpected", "the program expects no such packet"},
    {stun_malformed, "stun_malformed", "the STUN message cannot be parsed"},
    {stun_unauthenticated, "stun_unauthenticated", "the STUN message's integrity check failed"},
    {stun_unknown_transaction, "stun_unknown_transaction",
     "the STUN response answers no transaction in progress"},
    {stun_wrong_ufrag, "stun_wrong_ufrag", "the STUN request names another user name fragment"},
    {ice_candidate_limit, "ice_candidate_limit",
     "the agent keeps no more peer-reflexive candidates"},
    {media_not_secured, "media_not_secured", "it came before DTLS had agreed on keys"},
    {srtp_unauthenticated, "srtp_unauthenticated",
     "its SRTP tag is wrong: forged, spoiled, or of another key"},
    {srtp_replayed, "srtp_replayed", "SRTP has seen it already, or it is too old to tell"},
    {turn_no_permission, "turn_no_permission",
     "the TURN allocation has no permission for the peer's address"},
    {turn_no_channel, "turn_no_channel", "the TURN channel is not bound"},
    {turn_no_allocation, "turn_no_allocation", "the TURN server has no such allocation"},
    {untranslatable, "untranslatable", "it has no counterpart in the other version of IP"},
    {softwire_spoofed, "softwire_spoofed",
     "it came in by another way than the one that leads to its source"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order(), "one row for each reason, in the enumerators' order");

}  // namespace

std::string_view name(DropReason reason) { return rows[static_cast<std::size_t>(reason)].name; }

std::string_view describe(DropReason reason) { return rows[static_cast<std::size_t>(reason)].text; }

}  // namespace natsim::core
