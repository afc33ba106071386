// A UDP socket on a simulated host.
#pragma once

#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

class Host;
class UdpSocket;

// Takes what arrives at a socket. Both functions may send, and may close other sockets, but not the
// one that they are called for.
class DatagramReceiver {
 public:
  virtual ~DatagramReceiver() = default;
  // The packet's payload is valid during the call. A receiver that cannot use it says why with
  // Host::discard.
  virtual void receive(UdpSocket& socket, const Packet& packet) = 0;
  // An ICMP error has come back for a datagram that was sent to `remote`.
  virtual void receive_error(UdpSocket& /*socket*/, IcmpError /*error*/,
                             const Endpoint& /*remote*/) {}
};

// Bound to a local endpoint from construction (by Host::open_udp) to destruction, which must come
// before the host's.
class UdpSocket {
 public:
  UdpSocket(const UdpSocket&) = delete;  // the host refers to it
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket();

  [[nodiscard]] Host& host() const { return host_; }
  // The address may be "any"; the port is never 0.
  [[nodiscard]] const Endpoint& local() const { return local_; }
  // Sends a datagram. Like a real socket it cannot tell whether it will arrive; what cannot even
  // leave is dropped with its reason. Precondition: at most max_udp_payload bytes.
  void send(const Endpoint& remote, ByteView payload);
  // Forbids (IPv4's DF) or allows that datagrams are cut on their way; over IPv6, that the host
  // cuts them. As the host's at first; see Host::set_dont_fragment.
  void set_dont_fragment(bool dont_fragment) { dont_fragment_ = dont_fragment; }

 private:
  friend class Host;

  UdpSocket(Host& host, const Endpoint& local, DatagramReceiver& receiver, bool dont_fragment)
      : host_(host), local_(local), receiver_(receiver), dont_fragment_(dont_fragment) {}

  Host& host_;
  Endpoint local_;
  DatagramReceiver& receiver_;
  UdpSocket* next_ = nullptr;  // the host's next socket on the same port
  bool dont_fragment_;
};

}  // namespace natsim::net
