// What a sans-I/O machine exchanges with its host.
#pragma once

#include <cstdint>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim {

// What carries a machine's messages. Over a stream the host cuts messages out of what comes, and a
// connection is named by its two endpoints.
enum class Transport : std::uint8_t {
  udp,
  tcp,
  tls,  // over TCP
};
constexpr bool is_stream(Transport transport) { return transport != Transport::udp; }
// "udp", "tcp", "tls".
constexpr std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::udp:
      return "udp";
    case Transport::tcp:
      return "tcp";
    case Transport::tls:
      return "tls";
  }
  return "";
}

// A datagram that a machine wants sent: from its socket bound to `local` to `remote`. Over a stream
// it is a whole message for the connection of the two.
struct Transmit {
  Endpoint local;
  Endpoint remote;
  Bytes payload;
  Transport transport = Transport::udp;
};

}  // namespace natsim
