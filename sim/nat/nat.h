// A NAT as a pure component: packet and time in, verdict out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>

#include "sim/core/event.h"
#include "sim/nat/external_pool.h"
#include "sim/nat/inside_hosts.h"
#include "sim/nat/leases.h"
#include "sim/nat/mapping_table.h"
#include "sim/nat/options.h"
#include "sim/nat/port_allocator.h"
#include "sim/nat/recent_expiries.h"
#include "sim/nat/shadow_entries.h"
#include "sim/nat/snapshot.h"
#include "sim/nat/softwires.h"
#include "sim/nat/tcp_sessions.h"
#include "sim/nat/udp_phases.h"
#include "sim/net/icmp_query.h"
#include "sim/net/packet.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/wire.h"
#include "stack/base/address.h"
#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::nat {

// What is to be done with a packet.
struct Verdict {
  enum class Action : std::uint8_t {
    forward,  // rewritten; on to the other side
    hairpin,  // rewritten; back inside
    drop,     // left as it was
  };
  Action action = Action::drop;
  core::DropReason reason = core::DropReason::none;  // `none` unless dropped
  // What the sender of a dropped packet is to get in its destination's name.
  enum class Answer : std::uint8_t {
    none,
    port_unreachable,
    port_unreachable_after_hold,  // unless the SYN is withdrawn before (RFC 5382 REQ-4)
    tcp_reset,
    echo_reply,
  };
  Answer answer = Answer::none;
  // The mappings that had to do with it, for Nat::explain; meaningful until the next call that
  // changes the NAT. no_index if there was none.
  MappingIndex sender = no_index;    // of the inside host that it comes from
  MappingIndex receiver = no_index;  // of the inside host that it is for
};

// An established TCP connection that has been idle for too long.
struct ExpiredConnection {
  Endpoint internal;
  Endpoint external;
  Endpoint remote;
  bool hairpinned;                 // the remote is inside too
  std::uint32_t next_from_inside;  // the sequence number that each side would send next
  std::uint32_t next_from_outside;
};

// A mapping that somebody asks for (RFC 6887 §11).
struct MappingRequest {
  Transport transport = Transport::udp;
  Endpoint internal;
  std::uint16_t external_port = 0;  // the one that is wished for; 0: any
  bool exact = false;               // rather none than one on another port
  Time until;                       // later than now
  bool keeps_longer = false;        // a lease that it has already is not shortened
};

// What it gets: an external endpoint, or the reason why there is none.
struct MappingGrant {
  Endpoint external;
  core::DropReason reason = core::DropReason::none;
};

// A mapping that is kept for a remote, or the reason why there is none.
struct MappingKeep {
  Endpoint external;
  Time until;  // it is kept
  core::DropReason reason = core::DropReason::none;
};

// Takes a NAT's events, in order; they lack the NAT's id. It must not call the NAT.
class MappingSink {
 public:
  virtual ~MappingSink() = default;
  virtual void on_mapping(const core::MappingEvent& event) = 0;
  // Both ends are to get an RST (NatOptions::tcp_reset_on_expiry).
  virtual void on_connection_expired(const ExpiredConnection& /*connection*/) {}
};

// Contract:
// 1. Time never goes back from one call to the next. Every call first removes the mappings whose
//    timer has run out: one that has been idle for its timeout or more is gone.
// 2. A packet is rewritten only if the verdict is not `drop`. Its hop limit is the caller's matter.
// 3. UDP, TCP and ICMP echo are translated, and ICMP errors about them (RFC 5508 §4.2); any other
//    packet is dropped with nat_unsupported_protocol. ICMP errors neither make, refresh nor remove
//    mappings. An error is judged by the packet that it quotes, not by where it comes from
//    (RFC 4787 REQ-12a). A TCP mapping lives as long as its connections, each of which has its own
//    timer.
// 4. Inside and outside may each have both families; they are not translated into one another.
// 5. The sink learns of mappings that were created, expired, evicted (by `flush`, or for want of
// room
//    and with that reason) and refused, and of filters that were opened for a further remote.
//    `refreshed` is not told: every translation implies it, and it would be an event a packet.
// 6. The latest 64 external endpoints whose mapping expired are remembered, so that a packet for
//    one of them is dropped with nat_mapping_expired rather than nat_no_mapping.
// 7. What has one endpoint for source and destination is dropped (LAND).
// 8. A static mapping lasts as long as it was asked for, whatever its packets. It admits anyone,
// and
//    what its internal endpoint sends leaves from its external one, unless that had a mapping for
//    the remote before.
// 9. What is kept for a remote (RFC 6887 §12) has its idle timer restarted whenever it runs out
//    before the end of that, at the time of the call that finds it out: an owner that calls
//    `expire` at next_expiry() has it exact.
class Nat {
 public:
  // Precondition: validate(options) finds nothing. `sink` must outlive the NAT. Mappings are
  // numbered on from `mappings_made`. With `softwires`, which must outlive the NAT too, all inside
  // addresses are their aliases, and options that speak of a host are about a subscriber.
  Nat(const NatOptions& options, const Random& random, MappingSink& sink,
      std::uint64_t mappings_made = 0, const Softwires* softwires = nullptr);

  // Preconditions: not yet an external address; fewer than max_external_addresses of them.
  void add_external_address(const IpAddress& address) { ports_.externals().add(address); }
  [[nodiscard]] bool is_external(const IpAddress& address) const {
    return externals().find(address).has_value();
  }

  // A packet from an inside host to an address that is not inside; it may be an external one.
  // Precondition of both: not a later fragment, which has no ports.
  Verdict outbound(net::Packet& packet, Time now);
  // A packet from outside. Precondition: it is for an external address.
  Verdict inbound(net::Packet& packet, Time now);

  // Makes a static mapping, or gives the internal endpoint's own a new end. Where it has a dynamic
  // mapping for all remotes, that one's port is kept if it can be.
  MappingGrant add_static_mapping(const MappingRequest& request, Time now);
  // False if the internal endpoint has none.
  bool remove_static_mapping(Transport transport, const Endpoint& internal, Time now);

  // Keeps the mapping by which UDP from `internal` to `remote` leaves until `until`, or longer if
  // it was to be kept longer before. It is made if there is none, and otherwise refreshed, as by a
  // packet. A static mapping keeps its own end.
  MappingKeep keep_mapping(const Endpoint& internal, const Endpoint& remote, Time until, Time now);

  // Removes the mappings whose timer has run out.
  void expire(Time now);
  // When the next mapping expires unless it is refreshed; Time::never() if there is none.
  [[nodiscard]] Time next_expiry() const;
  // A time that it is not before, and that costs less to tell.
  [[nodiscard]] Time expiry_bound() const {
    return std::min(table_.expiry_bound(), other_expiry_bound());
  }
  // Forgets all mappings and expiries. The events of the mappings say why.
  void flush(Time now, core::DropReason reason = core::DropReason::none);

  [[nodiscard]] const NatOptions& options() const { return options_; }
  [[nodiscard]] std::uint32_t mapping_count() const { return table_.size(); }
  // In all, those that are gone included.
  [[nodiscard]] std::uint64_t mappings_made() const { return mappings_made_; }
  // Those that live at `now`, in order of creation.
  [[nodiscard]] std::vector<MappingSnapshot> mappings(Time now) const;
  [[nodiscard]] MappingSnapshot mapping(MappingIndex index) const;

  // Why `verdict` was given: which mapping and filter were looked up and what they held.
  // Precondition: `packet` got the verdict at `now` by the latest call.
  [[nodiscard]] std::string explain(const Verdict& verdict, const net::Packet& packet,
                                    Time now) const;

 private:
  // A mapping, or why there is none.
  struct Found {
    MappingIndex mapping = no_index;
    core::DropReason reason = core::DropReason::none;
  };

  [[nodiscard]] const ExternalPool& externals() const { return ports_.externals(); }
  Found sender_mapping(Transport transport, const Endpoint& internal, const Endpoint& remote,
                       Time now);
  void remove_expired(MappingIndex index, Time at, Time now);
  Found make_mapping(Transport transport, const Endpoint& internal, const Endpoint& remote,
                     bool dedicated, Time now);
  [[nodiscard]] TimerClass first_timer(Transport transport, const Endpoint& remote) const;
  PortGrant grant_port(Transport transport, const Endpoint& internal, const Endpoint& remote,
                       Time now);
  // Evicts a mapping whose external endpoint is `of_use`, if the options say so for `reason`; false
  // if none was.
  bool make_room(core::DropReason reason, absl::FunctionRef<bool(ExternalKey)> of_use, Time now);
  Found refuse(Transport transport, const Endpoint& internal, const Endpoint& remote,
               core::DropReason reason, Time now);
  Found receiver_mapping(Transport transport, const Endpoint& external, const Endpoint& remote,
                         bool filtered) const;
  void count_outbound(MappingIndex index, const Endpoint& remote, Time now);
  void count_inbound(MappingIndex index, const Endpoint& remote, Time now);
  void refresh(MappingIndex index, const Endpoint& remote, Direction direction, Time now);
  void remove(MappingIndex index, core::MappingStep step, Time now,
              core::DropReason reason = core::DropReason::none);
  [[nodiscard]] Time expires(MappingIndex index) const;
  void tell(core::MappingStep step, MappingIndex index, const Endpoint& remote, Time now,
            core::DropReason reason = core::DropReason::none);

  // Whose shares and blocks of ports an inside address uses.
  [[nodiscard]] IpAddress subscriber(const IpAddress& internal) const {
    return softwires_ == nullptr ? internal : Softwires::subscriber(internal);
  }
  // An inside address or endpoint for people.
  template <typename Inside>
  [[nodiscard]] std::string inside_text(const Inside& inside) const {
    return softwires_ == nullptr ? to_string(inside) : softwires_->text(inside);
  }
  [[nodiscard]] std::string text_of(const MappingSnapshot& mapping) const;
  [[nodiscard]] std::string share_text(Transport transport, const IpAddress& host) const;
  [[nodiscard]] std::string block_text(const IpAddress& host) const;

  [[nodiscard]] std::string shadow_text(const net::Packet& packet) const;
  [[nodiscard]] bool shadowed(MappingIndex index, const Endpoint& remote) const;
  Verdict turn_away(const Found& receiver, const net::Packet& packet, Time now);
  void tell_shadow(core::MappingStep step, ExternalKey external, const Endpoint& remote, Time now);

  [[nodiscard]] Verdict hairpin_off() const;
  Verdict outbound_other(net::Packet& packet, Time now);
  Verdict inbound_other(net::Packet& packet, Time now);
  Verdict outbound_error(net::Packet& packet) const;
  Verdict inbound_error(net::Packet& packet) const;
  Verdict outbound_query(net::Packet& packet, const net::IcmpQuery& query, Time now);
  Verdict inbound_query(net::Packet& packet, const net::IcmpQuery& query, Time now);
  void refresh_query(MappingIndex mapping, Direction direction, Time now);
  Verdict outbound_tcp(net::Packet& packet, Time now);
  Verdict inbound_tcp(net::Packet& packet, Time now);
  Verdict admit_segment(const Endpoint& external, const Endpoint& remote, bool filtered,
                        const net::TcpSegment& segment, Time now);
  [[nodiscard]] Verdict judge_stray(const net::TcpSegment& segment) const;
  SessionIndex begin_session(MappingIndex mapping, const Endpoint& remote,
                             const net::TcpSegment& segment, Time now);

  // What expires beside the mappings.
  [[nodiscard]] Time other_expiry_bound() const {
    return std::min({sessions_.expiry_bound(), shadows_.expiry_bound(), leases_.first().until});
  }
  void expire_leases(Time now);
  void restart_idle(MappingIndex index, MappingTable::TimerIndex timer, Time now);
  bool keeps(const MappingTable::Due& due, Time now);
  void forget_keeps(MappingIndex index);
  void expire_sessions(Time now);
  void expire_shadows(Time now);

  NatOptions options_;
  MappingSink& sink_;
  const Softwires* softwires_;  // null: inside addresses are the hosts' own
  MappingTable table_;
  ShadowEntries shadows_;  // of UDP
  PortAllocator ports_;
  InsideHosts hosts_;
  Leases leases_;  // of the static mappings
  // Until when idle timers are restarted, each by its mapping and its own number.
  std::map<std::pair<MappingIndex, MappingTable::TimerIndex>, Time> keeps_;
  UdpPhases udp_phases_;
  TcpSessions sessions_;
  RecentExpiries expiries_;
  std::uint64_t mappings_made_;
};

}  // namespace natsim::nat
