#include "sim/net/echo_socket.h"

#include "sim/net/host.h"

namespace natsim::net {

EchoSocket::~EchoSocket() { host_.close(*this); }

void EchoSocket::send(const IpAddress& remote, std::uint16_t sequence, ByteView payload,
                      std::uint8_t hop_limit) {
  host_.send(*this, remote, sequence, payload, hop_limit);
}

}  // namespace natsim::net
