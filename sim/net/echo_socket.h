// A program's ICMP echo requests on a simulated host.
#pragma once

#include <cstdint>

#include "sim/net/icmp_query.h"
#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::net {

class Host;

// Takes what comes back. Neither function may close the socket that it is called for.
class EchoReceiver {
 public:
  virtual ~EchoReceiver() = default;
  // The reply to one of the socket's requests.
  virtual void receive_reply(const Packet& packet, const IcmpQuery& reply) = 0;
  // An ICMP error about one of them, from `packet.source`.
  virtual void receive_echo_error(const Packet& packet, IcmpError error,
                                  const IcmpQuery& request) = 0;
};

// Has an identifier of its own, by which the host knows what is for it, from construction (by
// Host::open_echo) to destruction, which must come before the host's.
class EchoSocket {
 public:
  EchoSocket(const EchoSocket&) = delete;  // the host refers to it
  EchoSocket& operator=(const EchoSocket&) = delete;
  ~EchoSocket();

  [[nodiscard]] std::uint16_t identifier() const { return identifier_; }
  // Sends a request from the address that the host reaches `remote` from. Preconditions: there is
  // one (Host::source_for); at most max_udp_payload bytes.
  void send(const IpAddress& remote, std::uint16_t sequence, ByteView payload,
            std::uint8_t hop_limit = default_hop_limit);

 private:
  friend class Host;

  EchoSocket(Host& host, std::uint16_t identifier, EchoReceiver& receiver)
      : host_(host), identifier_(identifier), receiver_(receiver) {}

  Host& host_;
  std::uint16_t identifier_;
  EchoReceiver& receiver_;
};

}  // namespace natsim::net
