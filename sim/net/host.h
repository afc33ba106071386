// An end system: sockets over one or several interfaces.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/scheduler.h"
#include "sim/net/echo_socket.h"
#include "sim/net/host_fragmentation.h"
#include "sim/net/node.h"
#include "sim/net/raw_socket.h"
#include "sim/net/udp_socket.h"
#include "stack/base/random.h"
#include "stack/base/result.h"

namespace natsim::net {

class TcpStack;

// The ports that a host gives to sockets that ask for none (RFC 6335 §6).
inline constexpr std::uint16_t first_ephemeral_port = 49152;

// An end system. It forwards nothing: a packet for an address that it does not own dies here.
//
// A socket is of the family of its address, "any" included: it neither reaches nor hears the other.
// A socket that is bound to an address sends by the interface that has this address (the strong
// model of RFC 1122 §3.3.4.2); one that is bound to "any" sends by the interface whose link has the
// destination, otherwise by the first interface, from that interface's first address. Packets
// to one of its own addresses come back at the same instant without touching a link.
//
// Fragments are put together before anything else looks at them. ICMP echo requests are answered
// (RFC 1122 §3.2.2.6), and what claims to come from the host itself dies.
class Host : public Node, private core::Actor {
 public:
  Host(Network& network, std::string name);
  ~Host() override;

  void receive(PacketPtr packet, Interface& in) override;

  // Opens a socket on `local`; its port 0 means any free ephemeral port, chosen at random (RFC 6056
  // §3.3.1). Fails if the address is neither "any" nor the host's own, or no such port is free.
  // The receiver must outlive the socket.
  Result<std::unique_ptr<UdpSocket>> open_udp(const Endpoint& local, DatagramReceiver& receiver);

  // Opens a socket for ICMP echo requests, with the next identifier that no other has.
  // Precondition: fewer than 65536 are open. The receiver must outlive it.
  std::unique_ptr<EchoSocket> open_echo(EchoReceiver& receiver);

  // Opens a raw socket. Fails if the host has one already. The receiver must outlive it.
  Result<std::unique_ptr<RawSocket>> open_raw(RawReceiver& receiver);

  // From now on it takes what is sent to the multicast group as well.
  void join(const IpAddress& group) {
    if (!hears(group)) groups_.push_back(group);
  }
  [[nodiscard]] bool hears(const IpAddress& group) const override {
    return std::find(groups_.begin(), groups_.end(), group) != groups_.end();
  }

  // The host's TCP; made when first asked for.
  TcpStack& tcp();

  // Whether sockets that are opened from now on forbid fragmentation; true at first.
  void set_dont_fragment(bool dont_fragment) { dont_fragment_ = dont_fragment; }
  void set_reassembly(const ReassemblyOptions& options) { fragmentation().set_options(options); }
  [[nodiscard]] ReassemblyOptions reassembly() const {
    return fragmentation_ == nullptr ? ReassemblyOptions{} : fragmentation_->options();
  }

  // A host that sleeps neither receives nor sends (host_asleep), and its programs' timers wait.
  void sleep() { asleep_ = true; }
  // Lets what should have happened in the meantime happen now, late, in the order in which it was
  // due. Segments and fragments keep their own time.
  void wake();
  [[nodiscard]] bool asleep() const { return asleep_; }
  // For the programs on this host: a timer that has come due during its sleep, to be armed when it
  // wakes; and one that ends.
  void defer(core::Timer& timer) { overdue_.push_back(&timer); }
  void forget(core::Timer& timer);

  // For the programs on this host: the packet that was just received is of no use, and why.
  void discard(const Packet& packet, core::DropReason reason, std::string_view note = {});

  // The address that a socket bound to "any" sends to `remote` from; null if there is no interface
  // with an address of its family.
  [[nodiscard]] const IpAddress* source_for(const IpAddress& remote) const;

 private:
  friend class EchoSocket;
  friend class RawSocket;
  friend class TcpStack;
  friend class UdpSocket;

  void on_timer(core::Timer& timer) override;
  void send(const UdpSocket& socket, const Endpoint& remote, ByteView payload);
  // Sends a new packet from the address in it, which is one of the host's.
  void send_from(PacketPtr packet);
  // Sends a new packet for a raw socket.
  void send_as_is(PacketPtr packet);
  // Sends a new packet to the host itself or by `out`, which is null where there is no way.
  void dispatch(PacketPtr packet, bool to_self, Interface* out);
  // The MTU of the first link from `local` to `remote`; 65535 for the host's own addresses.
  [[nodiscard]] std::uint16_t first_mtu(const IpAddress& local, const IpAddress& remote) const;
  HostFragmentation& fragmentation();
  void send(const EchoSocket& socket, const IpAddress& remote, std::uint16_t sequence,
            ByteView payload, std::uint8_t hop_limit);
  void close(UdpSocket& socket);
  void close(const EchoSocket& socket) { echo_sockets_.erase(socket.identifier()); }
  void deliver(PacketPtr packet, Interface* in);
  void deliver_icmp(const Packet& packet);
  void deliver_query(const Packet& packet, const IcmpQuery& query);
  // Whether the error is about one of the host's own requests, to which it was then delivered.
  bool deliver_echo_error(const Packet& packet, const IcmpErrorView& error);
  [[nodiscard]] UdpSocket* find_socket(const Endpoint& local) const;
  [[nodiscard]] bool taken(const Endpoint& local) const;
  [[nodiscard]] Interface* interface_for(const IpAddress& local, const IpAddress& remote) const;

  // What each packet looks at comes first, to lie in few cache lines.
  bool asleep_ = false;
  bool dont_fragment_ = true;                                     // of sockets to be opened
  std::uint16_t last_identifier_ = 0;                             // that an echo socket was given
  RawSocket* raw_ = nullptr;                                      // null while there is none
  absl::flat_hash_map<std::uint16_t, UdpSocket*> sockets_;        // by port; a list of each port's
  absl::flat_hash_map<std::uint16_t, EchoSocket*> echo_sockets_;  // by identifier; never walked
  std::unique_ptr<TcpStack> tcp_;  // null while nothing has to do with TCP
  std::vector<IpAddress> groups_;  // multicast
  Random port_random_;
  Packet* loopback_head_ = nullptr;  // packets to itself, in order
  Packet* loopback_tail_ = nullptr;
  core::Timer loopback_;
  std::vector<core::Timer*> overdue_;                 // in the order in which they came due
  std::unique_ptr<HostFragmentation> fragmentation_;  // null while there are no fragments
};

}  // namespace natsim::net
