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

enum class PortAllocation : std::uint8_t {
  // The internal port if it is in the range and free; otherwise the next free port upwards, from
  // the range's first if need be.
  preserve,
  // As `preserve`, but a port that others use is shared as long as no two of its mappings have the
  // same remote, told apart as finely as mapping and filtering do (RFC 4787 §4.2.1, port
  // overloading). A mapping whose new remote clashes leaves that remote to a mapping of its own,
  // on a port that is free.
  preserve_overload,
  // The next free port after the one that was given last on the external address; the first is the
  // range's first.
  sequential,
  // Any free port with the same probability (RFC 7857 §10).
  random,
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
  paired,     // one drawn for the inside host, for as long as it has mappings
  arbitrary,  // one drawn for each mapping
};

// Both ends included.
struct PortRange {
  std::uint16_t first = 1024;
  std::uint16_t last = 65535;

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
  // Whether both ends get an RST when the timer of an established connection runs out.
  bool tcp_reset_on_expiry = false;
  Duration icmp_query_timeout = seconds(60);  // RFC 5508 REQ-2
  bool icmp_query_ends_at_reply = false;      // RFC 7857 §12
  IcmpErrors icmp_errors = IcmpErrors::translate;
  Unsolicited unsolicited = Unsolicited::drop;
  UnsolicitedSyn unsolicited_syn = UnsolicitedSyn::drop;
  Refresh refresh = Refresh::both;             // REQ-6, REQ-6a
  Hairpin hairpin = Hairpin::external_source;  // REQ-9
  Pooling pooling = Pooling::paired;           // REQ-2
  // How many mappings there may be at once, in all and for one inside host (RFC 6888 REQ-4). 0: no
  // limit but the ports.
  std::uint32_t max_mappings = 0;
  std::uint32_t max_mappings_per_host = 0;
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
