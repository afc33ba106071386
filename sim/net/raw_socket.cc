#include "sim/net/raw_socket.h"

#include <utility>

#include "sim/net/host.h"
#include "sim/net/network.h"
#include "sim/net/wire.h"

namespace natsim::net {

RawSocket::~RawSocket() { host_.raw_ = nullptr; }

bool RawSocket::send(ByteView datagram) {
  PacketPtr packet = parse_datagram(host_.network().pool(), datagram);
  if (packet == nullptr) return false;
  host_.send_as_is(std::move(packet));
  return true;
}

}  // namespace natsim::net
