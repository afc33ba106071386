// A NAT in the network: inside interfaces, one outside interface, and the translation between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/nat/held_syns.h"
#include "sim/nat/lost_mappings.h"
#include "sim/nat/nat.h"
#include "sim/net/forwarding.h"
#include "sim/net/node.h"
#include "sim/net/prefix_map.h"

namespace natsim::nat {

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
// 7. Where the options say so, the sender of an unsolicited packet is answered in the name of the
//    address that it was for.
class NatBox : public net::Node, private core::Actor, private MappingSink {
 public:
  // Precondition: validate(options) finds nothing.
  NatBox(net::Network& network, std::string name, const NatOptions& options);

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
  [[nodiscard]] std::vector<MappingSnapshot> mappings() const {
    return nat_->mappings(world().now());
  }
  // What comes from inside for one of the box's own addresses there goes on by this inside
  // interface, to where the box's own programs run.
  void set_services(net::Interface& interface) { services_ = &interface; }
  // As Nat's.
  MappingGrant add_static_mapping(const MappingRequest& request);
  bool remove_static_mapping(Transport transport, const Endpoint& internal);
  [[nodiscard]] const NatOptions& options() const { return nat_->options(); }

 private:
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
  void forward_inside(net::PacketPtr packet, net::Interface& in, net::Interface& out);
  void deliver_inside(net::PacketPtr packet);
  void follow_expiry();
  void drop(const net::Packet& packet, const Verdict& verdict);
  // The same, and tells the sender, which is on the far side of `in`, what the verdict says.
  void turn_away(net::PacketPtr packet, const Verdict& verdict, net::Interface& in);
  void answer(const net::Packet& packet, Verdict::Answer answer, net::Interface& in);
  void send_reset(const Endpoint& source, const Endpoint& destination, std::uint32_t seq,
                  net::Interface& out);
  void withdraw_syn(const Endpoint& external, const Endpoint& remote);
  void answer_held_syns();
  void tell_translated(const net::Packet& packet, const Verdict& verdict,
                       const Endpoint& old_source, const Endpoint& old_destination);
  void refuse(net::PacketPtr packet, net::Interface& in, core::DropReason reason,
              net::IcmpError error, std::uint32_t mtu = 0);

  std::optional<Nat> nat_;        // another one after each reboot; never empty
  std::uint32_t beginnings_ = 0;  // after the first
  Time down_until_;               // by a reboot
  LostMappings lost_;
  bool losing_ = false;  // mappings that are evicted now are lost
  net::Forwarding inside_;
  net::Interface& outside_;
  net::Interface* services_ = nullptr;  // null: the box has no programs
  core::Timer expiry_;                  // armed while there are mappings
  HeldSyns held_syns_;
  core::Timer patience_;          // armed while SYNs are held
  std::uint64_t generation_ = 0;  // of the topology that the next are of
  net::PrefixMap<const net::Interface*> inside_links_;
};

}  // namespace natsim::nat
