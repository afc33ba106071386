// What every box in the network has in common.
#pragma once

#include <string>
#include <vector>

#include "sim/core/world.h"
#include "sim/net/interface.h"
#include "sim/net/packet.h"
#include "sim/net/wire.h"

namespace natsim::net {

class Network;

// A box with interfaces. What it does with a packet is the subclass's matter.
class Node : public core::Named {
 public:
  Node(Network& network, std::string name);
  ~Node() override;

  // A packet has arrived at `in`, one of this node's interfaces.
  virtual void receive(PacketPtr packet, Interface& in) = 0;

  // Whether it takes what is sent to the multicast group.
  [[nodiscard]] virtual bool hears(const IpAddress& /*group*/) const { return false; }
  // Makes its links one LAN to multicast: those at their other ends that hear a group are sent what
  // one of them sends to it, as by a switch that snoops on IGMP and MLD. At first they are not.
  void set_multicast(bool multicast) { multicast_ = multicast; }

  [[nodiscard]] Network& network() const { return network_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Interface>>& interfaces() const {
    return interfaces_;
  }
  // True if one of the interfaces has the address.
  [[nodiscard]] bool owns(const IpAddress& address) const;
  // Makes an interface, not yet connected, named "<node>/<index>".
  virtual Interface& add_interface();
  // Datagrams that this node has made, before any of them was cut or copied.
  [[nodiscard]] std::uint64_t packets_made() const { return packets_made_; }
  // The identity of one more copy of a packet that this node has made. Copies are counted apart, so
  // that a copy does not renumber the node's own packets.
  [[nodiscard]] core::PacketId identify_copy() {
    return core::PacketId{id()} << 40 | core::PacketId{1} << 39 | ++copies_made_;
  }

 protected:
  // Gives a new packet its identity and records its creation.
  void stamp(Packet& packet);
  // Tells the sender of `about` that it could not be delivered, if an ICMP error may be sent and
  // the interface that it would leave by has an address of the family.
  void send_icmp_error(IcmpError error, const Packet& about, Interface& out, std::uint32_t mtu = 0);
  // Whether the link of `out` can take the packet, whole or cut. If not it is dropped, and its
  // sender is told by `in` unless the link is a black hole for such packets.
  bool fits(const Packet& packet, Interface& in, Interface& out);
  // The same for a packet that will have another size there: its sender is told of the MTU in sizes
  // that its packets have here.
  bool fits_as(std::uint16_t size, bool cuttable, const Packet& packet, Interface& in,
               Interface& out);
  // Sends what has come in by `in` for a multicast group to those on the other `links` that hear
  // it, with the hop limit that it has. False, with nothing done, if there is none.
  bool spread(PacketPtr& packet, Interface& in, const std::vector<Interface*>& links) {
    return multicast_ && spread_copies(packet, in, links);
  }
  // Sends by `out`, in fragments if the packet is too large for the link and may be cut.
  void send_fitting(PacketPtr packet, Interface& out);
  // Sends the fragments of `whole`, and tells that it was cut.
  void send_fragments(const Packet& whole, std::vector<PacketPtr> fragments, Interface& out);

 private:
  bool spread_copies(PacketPtr& packet, Interface& in, const std::vector<Interface*>& links);

  Network& network_;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  bool multicast_ = false;
  std::uint64_t packets_made_ = 0;
  std::uint64_t copies_made_ = 0;  // of its packets, by links and rules
};

}  // namespace natsim::net
