// What a stateful firewall lets through (RFC 6092).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/nat/option_names.h"
#include "sim/nat/options.h"
#include "sim/net/packet.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// What the sender of a packet that is not let through gets to know.
enum class Refusal : std::uint8_t {
  silence,
  icmp,   // "administratively prohibited" (RFC 6092 REC-34, RFC 1812 §5.3.9)
  reset,  // TCP an RST in the name of the other end, anything else as `icmp`
};

inline constexpr std::array<OptionName<Refusal>, 3> refusal_names = {{
    {Refusal::silence, "silence", {}},
    {Refusal::icmp, "icmp", {}},
    {Refusal::reset, "rst", {}},
}};

// Allows or denies what begins a flow. It matches if everything that it names does.
struct FirewallRule {
  bool allow = false;
  std::optional<net::Protocol> protocol;  // UDP or TCP; otherwise any
  std::optional<PortRange> ports;         // of the end that the packet goes to
  std::optional<Prefix> remote;           // where the end outside is

  [[nodiscard]] bool matches(net::Protocol packet_protocol, std::uint16_t port,
                             const IpAddress& outside) const;
};

// "deny udp port 53 to 192.0.2.0/24", for people; `outbound` tells which end is outside.
std::string to_string(const FirewallRule& rule, bool outbound);

struct FirewallOptions {
  Dependence filtering = Dependence::endpoint_independent;  // REC-17 for UDP, REC-33 for TCP
  // Which packets restart the timer of a flow. Outbound ones must, inbound ones may (REC-16).
  Refresh refresh = Refresh::outbound;
  Duration udp_timeout = seconds(120);        // the least that REC-14 allows; positive
  Duration icmp_query_timeout = seconds(60);  // RFC 5508 REQ-2; positive
  TcpTimeouts tcp_timeouts;                   // REC-35
  // The first rule that matches decides; what none matches is allowed from inside if
  // `allow_outbound` says so, and denied from outside.
  std::vector<FirewallRule> outbound;
  std::vector<FirewallRule> inbound;
  bool allow_outbound = true;
  // Hosts that have not logged in get nothing through but DNS (UDP and TCP port 53).
  bool captive_portal = false;
  Refusal refuse_outbound = Refusal::silence;
  Refusal refuse_inbound = Refusal::silence;
  // What a SYN from outside gets that begins nothing and that no rule judges (REC-34: `hold`, at
  // the end of which it gets what Refusal::icmp says). Unset: what `refuse_inbound` says.
  std::optional<UnsolicitedSyn> unsolicited_syn;
};

struct FirewallPreset {
  std::string_view name;
  std::string_view summary;  // a clause without full stop
  FirewallOptions (*make)();
};

// All of them, in the order in which they are to be listed.
std::span<const FirewallPreset> firewall_presets();
// nullopt for an unknown name.
std::optional<FirewallOptions> find_firewall_preset(std::string_view name);

// Everything that keeps these options from working; empty if they do.
std::vector<OptionError> validate(const FirewallOptions& options);

}  // namespace natsim::nat
