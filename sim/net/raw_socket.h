// A program in the place of a host's protocols: it makes and takes whole datagrams.
#pragma once

#include "sim/net/packet.h"
#include "stack/base/bytes.h"

namespace natsim::net {

class Host;

// Takes what arrives at a host with a raw socket.
class RawReceiver {
 public:
  virtual ~RawReceiver() = default;
  virtual void receive_raw(const Packet& packet) = 0;
};

// While it is open it gets every packet that arrives by a link, whatever its address and checksums,
// and the host's fragmentation, UDP, TCP and ICMP get none. The host must outlive it.
class RawSocket {
 public:
  RawSocket(const RawSocket&) = delete;  // there is one end
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket();

  // Sends a datagram as it is: by the interface that has its source address, otherwise by the
  // host's first one. False, and nothing is sent, if parse_datagram() takes it for none.
  bool send(ByteView datagram);

 private:
  friend class Host;

  RawSocket(Host& host, RawReceiver& receiver) : host_(host), receiver_(receiver) {}

  Host& host_;
  RawReceiver& receiver_;
};

}  // namespace natsim::net
