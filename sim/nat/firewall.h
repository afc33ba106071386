// A stateful firewall as a pure component: packet and time in, verdict out (RFC 6092).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "sim/core/drop_reason.h"
#include "sim/nat/firewall_flows.h"
#include "sim/nat/firewall_options.h"
#include "sim/nat/fragment_fates.h"
#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/base/time.h"

namespace natsim::nat {

struct FirewallVerdict {
  core::DropReason reason = core::DropReason::none;  // `none` if the packet may pass
  Refusal refusal = Refusal::silence;                // what its sender gets if it may not
  std::uint16_t rule = 0;  // the one that denied it, from 1; 0 if none did
  std::optional<UnsolicitedSyn> syn = std::nullopt;  // what an unsolicited SYN gets instead

  [[nodiscard]] bool passes() const { return reason == core::DropReason::none; }
};

// Contract:
// 1. Time never goes back from one call to the next. Packets are not changed.
// 2. UDP, TCP and ICMP echo begin flows, from inside where the rules let them, from outside where a
//    rule does. Rules judge what begins a flow, and nothing later.
// 3. Where the filter has an opening, UDP and echo get in without beginning a flow, so that nobody
//    outside can keep it open (RFC 7857 §7); of TCP a SYN gets in and begins one. A segment from
//    inside that is no SYN is taken for part of a connection that was there before the firewall; an
//    RST passes and begins nothing.
// 4. ICMP errors pass if the packet that they quote was let through, and refresh no flow (RFC 6092
//    REC-10, REC-18). A later fragment passes if the first one of its datagram did before it. Of
//    anything else, other later fragments included, the firewall cannot tell the flow: from outside
//    it is dropped with firewall_no_state, from inside as the rules say.
class Firewall {
 public:
  // Precondition: validate(options) finds nothing.
  explicit Firewall(const FirewallOptions& options);

  // Of how many datagrams that came in fragments it knows what became of the first one, and for how
  // long.
  static constexpr std::size_t fragmented_datagrams = 1024;
  static constexpr Duration fragment_memory = seconds(30);

  FirewallVerdict outbound(const net::Packet& packet, Time now);
  FirewallVerdict inbound(const net::Packet& packet, Time now);

  // Lets a host, or all of them, through the captive portal, or makes them log in again.
  void log_in(const IpAddress& host) { logged_in_.insert(host); }
  void log_in_all() { open_ = true; }
  void log_out_all();
  // Forgets all flows, as a reboot does.
  void flush() {
    flows_.clear();
    fragments_.clear();
  }

  [[nodiscard]] const FirewallOptions& options() const { return options_; }
  // Those that live at `now`, in order of creation.
  [[nodiscard]] std::vector<FlowSnapshot> flows(Time now) const { return flows_.snapshots(now); }
  // Why `verdict` was given, and what would have let the packet through. Precondition: `packet` was
  // dropped with it at `now` by the latest call of `outbound` or `inbound`.
  [[nodiscard]] std::string explain(const FirewallVerdict& verdict, const net::Packet& packet,
                                    bool outbound, Time now) const;

 private:
  FirewallVerdict judge_fragment(const net::Packet& packet, bool from_outside, Time now);
  FirewallVerdict judge_outbound(const net::Packet& packet, Time now);
  FirewallVerdict judge_inbound(const net::Packet& packet, Time now);
  [[nodiscard]] bool knows(const net::Packet& packet, const net::IcmpErrorView& error,
                           bool outbound) const;
  FirewallVerdict begins(const net::Packet& packet, std::uint16_t port) const;
  FirewallVerdict deny_inbound(Transport transport, const Endpoint& internal,
                               const Endpoint& remote) const;
  [[nodiscard]] bool must_log_in(const net::Packet& packet, std::uint16_t port) const;

  FirewallOptions options_;
  FirewallFlows flows_;
  FragmentFates<core::DropReason> fragments_{fragmented_datagrams, fragment_memory};
  absl::flat_hash_set<IpAddress> logged_in_;  // looked up, never walked
  bool open_ = false;                         // everybody is
};

}  // namespace natsim::nat
