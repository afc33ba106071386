// What a NAT does, as orthogonal choices in the words of RFC 4787.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/protocol_options.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// How much of the remote endpoint a behaviour depends on, coarse to fine. RFC 4787 uses the same
// three words for mapping (§4.1: EIM, ADM, APDM) and for filtering (§5: EIF, ADF, APDF).
enum class Dependence : std::uint8_t {
  endpoint_independent,
  address_dependent,
  address_and_port_dependent,
};

// The part of `remote` that a behaviour looks at; the rest is zeroed.
constexpr Endpoint seen_by(Dependence dependence, const Endpoint& remote) {
  switch (dependence) {
    case Dependence::endpoint_independent:
      return {};
    case Dependence::address_dependent:
      return {remote.address, 0};
    case Dependence::address_and_port_dependent:
      break;
  }
  return remote;
}

// Whose sent packets open the filter of a mapping: the mapping's own, or those of all mappings of
// its internal endpoint. They differ only if the mapping depends on the remote.
enum class FilterScope : std::uint8_t { per_mapping, per_endpoint };

// Which port a new mapping is to have.
enum class PortAllocation : std::uint8_t {
  // The internal port, if it is in the range.
  preserve,
  // As `preserve`, but a port that others use is shared as long as no two of its mappings have the
  // same remote, told apart as finely as mapping and filtering do (RFC 4787 §4.2.1, port
  // overloading). A mapping whose new remote clashes leaves that remote to a mapping of its own,
  // on a port that is free.
  preserve_overload,
  // The port that is port_stride after the one that was given last on the external address; the
  // first is the range's first.
  sequential,
  // Any free port with the same probability (RFC 7857 §10), so that there is no collision.
  random,
  // Any port with the same probability, shared as with preserve_overload.
  random_overload,
  // A port that follows from both endpoints, and so is the same again for the same remote.
  hash_of_remote,
};

// Whether mappings with different remotes may have one port.
constexpr bool overloads(PortAllocation allocation) {
  return allocation == PortAllocation::preserve_overload ||
         allocation == PortAllocation::random_overload;
}

// What happens if the port that a new mapping is to have cannot be had.
enum class PortCollision : std::uint8_t {
  next_free,     // the next free port upwards, going on from the range's first
  random,        // any free port with the same probability
  linux_search,  // as in Linux: upwards from a random port, 128 ports, then from another one half
                 // as many, and so on down to 8
  refuse,        // no mapping is made
};

// Ports that stay among themselves (RFC 4787 REQ-3a).
enum class PortClasses : std::uint8_t {
  one,    // all are translated into port_range
  two,    // those below 1024 into 1-1023, all others into port_range
  three,  // as in Linux: those below 512 into 1-511, those below 1024 into 600-1023
};

// How a host of many comes by the ports that it may use.
enum class PortBlocks : std::uint8_t {
  none,           // there are no blocks
  dynamic,        // a block when it needs one, which it gives back when it uses none of its ports
  deterministic,  // one that follows from its address (RFC 7422)
};

// Which packets restart a mapping's timer (RFC 4787 §4.3); inbound ones only if they pass the
// filter.
enum class Refresh : std::uint8_t {
  outbound,
  inbound,
  both,
  per_direction,  // each direction has a timer of its own, and the first to run out ends it
};

// What has a timer: a mapping; or, of UDP, each session, a mapping with one remote as far as
// mapping and filtering tell remotes apart. A session's end closes the filter for its remote, the
// end of the last one ends the mapping.
enum class TimerScope : std::uint8_t { per_mapping, per_session };

// The timeout of UDP to a remote port (RFC 4787 REQ-5a).
struct PortTimeout {
  std::uint16_t port = 0;
  Duration timeout;

  bool operator==(const PortTimeout&) const = default;
};

// What happens to a packet from inside for one of the NAT's external addresses (RFC 4787 §6). The
// filter judges it by the sender's external endpoint in either case.
enum class Hairpin : std::uint8_t {
  off,
  external_source,  // the receiver sees the sender's external endpoint (REQ-9a)
  internal_source,  // the receiver sees the sender's internal endpoint
};

// Which external address a new mapping gets (RFC 4787 §4.1).
enum class Pooling : std::uint8_t {
  paired,                          // one drawn for the inside host, for as long as it has mappings
  arbitrary,                       // one drawn for each mapping
  hash_of_source,                  // one that follows from the inside host's address
  hash_of_source_and_destination,  // one that follows from both ends' addresses
};

// What happens when there is no room for a new mapping. Where something is evicted and that does
// not help, it is as with admin_prohibited.
enum class Exhaustion : std::uint8_t {
  silent,            // the packet is dropped
  admin_prohibited,  // and answered so: ICMP type 3 code 13 (RFC 5508 REQ-8)
  host_unreachable,  // and answered so: ICMP type 3 code 1 (RFC 6888 REQ-11)
  evict_oldest,      // the mapping that has been idle for longest makes room
  evict_unreplied,   // the one among those into which nothing has come in (as in Linux)
};

// What happens to the fragments of a datagram, of which only the first has ports (RFC 4787 §11).
enum class Fragments : std::uint8_t {
  drop,           // none gets through
  in_order_only,  // a later one gets through if the first has come before it
  out_of_order,   // one that comes before the first waits for it (REQ-14)
};

// Both ends included.
struct PortRange {
  std::uint16_t first = 1024;
  std::uint16_t last = 65535;

  constexpr bool operator==(const PortRange&) const = default;
  [[nodiscard]] constexpr bool contains(std::uint16_t port) const {
    return first <= port && port <= last;
  }
  [[nodiscard]] constexpr std::uint32_t size() const { return last - std::uint32_t{first} + 1; }
};

// The defaults are what RFC 4787 requires or recommends.
struct NatOptions {
  Dependence mapping = Dependence::endpoint_independent;  // REQ-1
  Dependence filtering = Dependence::address_dependent;   // REQ-8
  FilterScope filter_scope = FilterScope::per_mapping;
  PortAllocation port_allocation = PortAllocation::preserve;
  PortRange port_range;
  PortCollision on_collision = PortCollision::next_free;
  PortClasses port_classes = PortClasses::one;
  // Whether even ports stay even and odd ones odd as long as there are such (REQ-4).
  bool preserve_parity = false;
  std::uint16_t port_stride = 1;
  // Whether a mapping that is made anew gets the port that it had, if that is free and its expiry
  // among the latest 64.
  bool remember_port = false;
  // Whether a mapping whose internal port is taken serves one remote endpoint alone.
  bool symmetric_on_collision = false;
  PortBlocks port_blocks = PortBlocks::none;
  std::uint16_t port_block_size = 512;
  std::uint16_t port_blocks_per_host = 1;
  // The inside hosts, for deterministic blocks.
  Prefix subscribers{IpAddress::v4(100, 64, 0, 0), 10};
  // For how long no other host gets a port that is not used any more (RFC 6888 REQ-8).
  Duration port_hold_down;
  // A mapping that has not been refreshed for this long is gone; positive (REQ-5c).
  Duration udp_timeout = seconds(300);
  // Of mappings that have seen no packet from outside, that have, and that besides are older than
  // udp_stream_after. 0: as udp_timeout.
  Duration udp_timeout_new;
  Duration udp_timeout_replied;
  Duration udp_timeout_stream;
  Duration udp_stream_after;
  std::vector<PortTimeout> udp_port_timeouts;  // each port once
  TimerScope timer_scope = TimerScope::per_mapping;
  // A mapping ends when it is so old, whatever its packets. 0: it does not.
  Duration max_lifetime;
  TcpTimeouts tcp_timeouts;
  TcpMidstream tcp_midstream = TcpMidstream::drop;
  // Whether the two SYNs of a simultaneous open find each other (RFC 5382 REQ-2a).
  bool tcp_simultaneous_open = true;
  // Whether a segment after an RST shows that the RST was forged, so that the connection goes on
  // (RFC 7857 §2.2, RFC 6146 §3.5.2.2).
  bool tcp_revives_after_reset = true;
  // Whether an RST that is the only answer to a SYN ends the connection at once.
  bool tcp_ends_when_refused = false;
  // Whether both ends get an RST when the timer of an established connection runs out.
  bool tcp_reset_on_expiry = false;
  Duration icmp_query_timeout = seconds(60);  // RFC 5508 REQ-2
  bool icmp_query_ends_at_reply = false;      // RFC 7857 §12
  IcmpErrors icmp_errors = IcmpErrors::translate;
  Unsolicited unsolicited = Unsolicited::drop;
  UnsolicitedSyn unsolicited_syn = UnsolicitedSyn::drop;
  Refresh refresh = Refresh::both;             // REQ-6, REQ-6a
  Hairpin hairpin = Hairpin::external_source;  // REQ-9
  // Whether a hairpinned packet has to pass the receiver's filter.
  bool hairpin_filtered = true;
  // Whether what an inside host sends from a port that it has had mapped (NAT-PMP, PCP) leaves by
  // that mapping. Otherwise the mapping is a rule for what comes in alone, and the host's packets
  // make mappings of their own.
  bool mapped_ports_outbound = true;
  Pooling pooling = Pooling::paired;  // REQ-2
  // Whether a mapping gets another external address than pooling says when that has no port left
  // (RFC 7857 §4). With arbitrary pooling it always does.
  bool pool_fallback = false;
  Fragments fragments = Fragments::out_of_order;  // REQ-14
  // How long a later fragment waits for the first, and how long after the first one later ones get
  // through.
  Duration fragment_timeout = seconds(30);
  // How many fragments may wait, and of how many datagrams that had their first one the NAT knows
  // (REQ-14a). The one that has done so for longest gives way.
  std::uint32_t max_fragments = 1024;
  // Whether what passes in UDP is searched for addresses that the NAT translates, off as REQ-10
  // wants: the texts of SIP, and any four bytes. Fragments are not.
  bool alg_sip = false;
  bool alg_any_address = false;
  [[nodiscard]] bool has_gateways() const { return alg_sip || alg_any_address; }
  // How many mappings there may be at once, in all and for one inside host (RFC 6888 REQ-4). 0: no
  // limit but the ports.
  std::uint32_t max_mappings = 0;
  std::uint32_t max_mappings_per_host = 0;
  // The same by transport.
  std::uint32_t max_udp_mappings_per_host = 0;
  std::uint32_t max_tcp_mappings_per_host = 0;
  std::uint32_t max_icmp_mappings_per_host = 0;
  // How many an inside host may make in a second, of which it may make all at once. 0: no limit.
  std::uint32_t max_new_mappings_per_second = 0;
  // Want of ports, of a host's share in them or of a host's mappings; want of room in the table.
  Exhaustion on_exhaustion = Exhaustion::admin_prohibited;
  Exhaustion on_table_full = Exhaustion::admin_prohibited;
  // From this number of mappings on, new ones are APDM/APDF, which REQ-11 forbids. 0: never.
  std::uint32_t degrade_above = 0;
};

// What is wrong with one option.
struct OptionError {
  std::string_view field;  // the member of NatOptions
  std::string value;       // as it was given
  std::string expected;    // a clause that follows "expected"
};

// "port_range is 5000-4000, expected the first port to be at most the last".
std::string to_string(const OptionError& error);

// Everything that keeps these options from working; empty if they do. That a choice makes no
// difference beside another is not an error, because sweeps go through all combinations.
std::vector<OptionError> validate(const NatOptions& options);

}  // namespace natsim::nat
