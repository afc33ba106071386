// A NAT in the network: inside interfaces, one outside interface, and the translation between.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/nat/fragment_fates.h"
#include "sim/nat/held_fragments.h"
#include "sim/nat/held_syns.h"
#include "sim/nat/lost_mappings.h"
#include "sim/nat/nat.h"
#include "sim/nat/nat64.h"
#include "sim/nat/payload_addresses.h"
#include "sim/nat/softwire_end.h"
#include "sim/nat/softwires.h"
#include "sim/net/forwarding.h"
#include "sim/net/node.h"
#include "sim/net/prefix_map.h"

namespace natsim::nat {

// Whether an AFTR may have the options: no gateways for payloads, receivers do not see senders'
// internal endpoints, and blocks do not follow from inside addresses.
[[nodiscard]] bool suits_aftr(const NatOptions& options);

// Contract:
// 1. Packets between inside hosts are forwarded untranslated, as by a router; those from inside to
//    anywhere else are translated and leave by the outside interface; those that arrive there for
//    one of its addresses are translated and forwarded inside.
// 2. The addresses of the outside interface are the NAT's external addresses. Inside, the box
//    announces itself as the way to everywhere.
// 3. The hop limit and the MTU are checked as by a router, before the translation where that is
//    possible, so that a packet which dies of them changes no mapping. An ICMP error about a packet
//    that was translated already is translated back.
// 4. What is dropped has a reason and a note from the NAT's table. A mapping that is refused for
//    want of ports or room is answered with the ICMP error that the options name (RFC 5508 REQ-8).
// 5. Expiry is told at its own instant.
// 6. What befalls the box as a whole is an event of its own, "nat.rebooted" for one, followed by
//    those of the mappings that it takes away.
// 7. A packet that is too large for the next link is cut if it may be (RFC 4787 REQ-13a). A later
//    fragment goes the way of the first one of its datagram, which alone is translated by the
//    table, as the options say (REQ-14).
// 8. Gateways (alg_sip, alg_any_address) change the payloads of UDP after the translation, each
//    change being an event "nat.payload_rewritten"; TCP's and those of fragments stay as they are.
//    A port that SIP names for media gets a static mapping.
// 9. Where the options say so, the sender of an unsolicited packet is answered in the name of the
//    address that it was for.
// 10. A NAT64 (RFC 6146) has IPv6 inside and IPv4 outside, where an IPv6 address of it is none of
//    the NAT's. Inside, the outside's addresses stand in its prefix (RFC 6052), and it is the way
//    to these alone. Mappings are told with external and remote endpoints as they are outside.
//    Packets are translated by RFC 7915; what has no counterpart is dropped (untranslatable).
// 11. An AFTR (RFC 6333 §6) has IPv6 inside, where it is the end of softwires, and IPv4 outside.
// Its
//    inside hosts are those behind the softwires, told as IPv4 endpoints and the softwire that each
//    is behind. What goes to them is fragmented behind the encapsulation and never refused for the
//    inside's MTU. What comes by another way than the one that leads to the softwire's other end is
//    dropped (softwire_spoofed). To IPv6 it is a router between its inside interfaces.
class NatBox : public net::Node, private core::Actor, private MappingSink {
 public:
  // Precondition: validate(options) finds nothing. With `nat64` it is a NAT64 with that prefix, of
  // which can_embed_ipv4 must be true; it has no gateways for payloads. With `aftr` it is an AFTR
  // with that IPv6 address; suits_aftr(options) must be true, and it is no NAT64.
  NatBox(net::Network& network, std::string name, const NatOptions& options,
         const std::optional<Prefix>& nat64 = std::nullopt,
         const std::optional<IpAddress>& aftr = std::nullopt);

  void receive(net::PacketPtr packet, net::Interface& in) override;

  // Made with the box.
  [[nodiscard]] net::Interface& outside_interface() const { return outside_; }
  net::Interface& add_inside_interface();
  // The same: whatever is added to a NAT is inside.
  net::Interface& add_interface() override { return add_inside_interface(); }

  // What can befall it. Each takes all mappings away, and packets for them are dropped with its
  // reason from then on.
  void flush();
  // Until `downtime` is over it drops every packet.
  void reboot(Duration downtime = {});
  // The outside interface has the address in the place of those of its family. Preconditions: no
  // other node has it; `prefix_length` is within the family's range.
  void renumber(const IpAddress& address, std::uint8_t prefix_length);
  // Precondition: validate(options) finds nothing.
  void reconfigure(const NatOptions& options);

  // The mappings that live now, in order of creation.
  [[nodiscard]] std::vector<MappingSnapshot> mappings() const;
  // What comes from inside for one of the box's own addresses there goes on by this inside
  // interface, to where the box's own programs run.
  void set_services(net::Interface& interface) { services_ = &interface; }
  // As Nat's.
  MappingGrant add_static_mapping(const MappingRequest& request);
  bool remove_static_mapping(Transport transport, const Endpoint& internal);
  MappingKeep keep_mapping(const Endpoint& internal, const Endpoint& remote, Time until);
  [[nodiscard]] const NatOptions& options() const { return nat_->options(); }
  // The address of an AFTR; null for any other NAT.
  [[nodiscard]] const IpAddress* aftr_address() const { return aftr_ ? &aftr_->address : nullptr; }
  // The prefix of a NAT64; null for any other NAT.
  [[nodiscard]] const Prefix* nat64_prefix() const { return nat64_ ? &nat64_->prefix() : nullptr; }

 private:
  // What an AFTR has beside its NAT.
  struct Aftr {
    Aftr(const IpAddress& own, net::Node& node) : address(own), end(node) {}
    IpAddress address;
    SoftwireEnd end;
    Softwires softwires;
  };
  // What became of a datagram's first fragment: where it went, or why nowhere.
  struct FragmentFate {
    Verdict::Action action;
    core::DropReason reason;
    IpAddress source;  // after the translation
    IpAddress destination;
  };

  void on_timer(core::Timer& timer) override;
  void on_mapping(const core::MappingEvent& event) override;
  void on_connection_expired(const ExpiredConnection& connection) override;

  // An event of the box as a whole, with the number of its mappings.
  void tell(std::string_view kind, const core::Field& detail);
  void lose_state(core::DropReason reason);
  void begin_anew(const NatOptions& options);
  // What took the mapping away that the packet is for; null if nothing did.
  [[nodiscard]] const LostMappings::Lost* loss_of(const net::Packet& packet,
                                                  core::DropReason reason) const;
  void follow_topology();
  [[nodiscard]] bool on_inside_link(const IpAddress& address) const;
  void from_inside(net::PacketPtr packet, net::Interface& in);
  void from_outside(net::PacketPtr packet);
  void translate_outbound(net::PacketPtr packet, net::Interface& in);
  // `datagram` is of a packet that is the first fragment, otherwise null.
  void pass_outbound(net::PacketPtr packet, net::Interface& in, const DatagramKey* datagram);
  void pass_inbound(net::PacketPtr packet, const DatagramKey* datagram);
  void forward_inside(net::PacketPtr packet, net::Interface& in, net::Interface& out);
  // What is too large for IPv6's lowest MTU is cut into fragments with the identification `cut_as`
  // if there is one.
  void deliver_inside(net::PacketPtr packet, std::optional<std::uint32_t> cut_as = std::nullopt);
  // A NAT64's packet in its other form; what has none is dropped, and gives null. `cut_as` is set
  // if the packet may be cut.
  net::PacketPtr enter(const net::Packet& outer, std::optional<std::uint32_t>& cut_as);
  net::PacketPtr leave(const net::Packet& inner);
  // Sends by `out` what the box has made in the form that it has inside.
  void send_made(net::PacketPtr packet, net::Interface& out);
  [[nodiscard]] Endpoint as_outside(const Endpoint& endpoint) const {
    return nat64_ ? nat64_->outer(endpoint) : endpoint;
  }
  // An AFTR's packet for itself.
  void from_softwire(net::PacketPtr outer, net::Interface& in);
  // Puts aliases in the place of the host's address and of what its ICMP error quotes; false if
  // there is no room for one more.
  bool put_aliases(net::Packet& packet, const IpAddress& softwire);
  // Puts the inside host's own address in the place of the alias that the packet goes to, there and
  // in what an ICMP error quotes. The softwire that it is behind; nullopt if it goes to no alias.
  std::optional<IpAddress> reveal_destination(net::Packet& packet);
  // A copy of a packet from an inside host as it came out of the softwire, for its story.
  net::PacketPtr as_sent(const net::Packet& packet);
  // An inside endpoint as its host has it.
  [[nodiscard]] Endpoint own_of(const Endpoint& inside) const;
  void into_softwire(const net::Packet& inner, const IpAddress& softwire);
  // Tells the inside host that sent `about`, which is as it sent it.
  void tell_behind(const IpAddress& softwire, net::IcmpError error, const net::Packet& about,
                   std::uint32_t mtu = 0);
  void drop_fragment(const net::Packet& fragment, core::DropReason reason,
                     std::string_view note = {});
  // To an inside host that is known by now. `softwire` is set by an AFTR alone.
  void go_inside(net::PacketPtr packet, std::optional<std::uint32_t> cut_as,
                 const std::optional<IpAddress>& softwire);
  // Gives a first fragment back that is to be translated; null for any other, which is dropped,
  // held or sent on.
  net::PacketPtr take_fragment(net::PacketPtr fragment, const DatagramKey& datagram);
  void follow_first(net::PacketPtr fragment, const FragmentFate& fate, bool from_outside);
  // What became of the first fragment, as it is now.
  void tell_fate(const DatagramKey& datagram, const Verdict& verdict, const net::Packet& first);
  // Sends those after the first one that waited for it.
  void release_fragments(const DatagramKey& datagram);
  // Drops those whose time is over by `due`.
  void give_up_fragments(Time due, core::DropReason reason);
  // Lets the gateways that are on tell of `to` in a UDP packet's payload where it tells of `from`.
  void rewrite_payload(net::PacketPtr& packet, const Endpoint& from, const Endpoint& to,
                       bool outbound);
  void put_payload(net::PacketPtr& packet, const std::optional<RewrittenPayload>& payload,
                   std::string_view gateway, const Endpoint& from, const Endpoint& to);
  [[nodiscard]] bool looks_into_payloads() const { return nat_->options().has_gateways(); }
  void follow_expiry();
  void drop(const net::Packet& packet, const Verdict& verdict);
  // The same, and tells the sender, which is on the far side of `in`, what the verdict says.
  void turn_away(net::PacketPtr packet, const Verdict& verdict, net::Interface& in);
  void answer(const net::Packet& packet, Verdict::Answer answer, net::Interface& in);
  void send_reset(const Endpoint& source, const Endpoint& destination, std::uint32_t seq,
                  net::Interface& out);
  void withdraw_syn(const net::Packet& outbound);
  void answer_held_syns();
  // `judged` is what the verdict was given for, in the form that it has inside.
  void tell_translated(const net::Packet& shown, const net::Packet& judged, const Verdict& verdict,
                       const Endpoint& old_source, const Endpoint& old_destination);
  void refuse(net::PacketPtr packet, net::Interface& in, core::DropReason reason,
              net::IcmpError error);

  // What each packet looks at comes first, to lie in few cache lines.
  std::unique_ptr<Nat64> nat64_;  // null: inside and outside are of one family
  std::unique_ptr<Aftr> aftr_;    // null: there are no softwires
  Time down_until_;               // by a reboot
  net::Interface& outside_;
  net::Interface* services_ = nullptr;  // null: the box has no programs
  std::uint64_t generation_ = 0;        // of the topology that the next two are of
  net::Forwarding inside_;
  net::PrefixMap<const net::Interface*> inside_links_;
  core::Timer expiry_;  // armed while there are mappings
  HeldSyns held_syns_;
  core::Timer patience_;  // armed while SYNs are held
  LostMappings lost_;
  bool losing_ = false;           // mappings that are evicted now are lost
  std::uint32_t beginnings_ = 0;  // of nat_ after the first
  FragmentFates<FragmentFate> fates_;
  HeldFragments held_fragments_;
  core::Timer fragment_patience_;  // armed while fragments wait
  std::optional<Nat> nat_;         // another one after each reboot; never empty
};

}  // namespace natsim::nat
