// By what a middlebox tells which fragments belong to one datagram.
#pragma once

#include <cstdint>
#include <utility>

#include "sim/net/fragment.h"
#include "sim/net/packet.h"
#include "stack/base/address.h"

namespace natsim::nat {

// As RFC 791 §3.2 and RFC 8200 §4.5 have it, on one side of the box.
struct DatagramKey {
  IpAddress source;
  IpAddress destination;
  std::uint32_t identification;
  net::Protocol protocol;
  bool from_outside;

  bool operator==(const DatagramKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const DatagramKey& key) {
    return H::combine(std::move(h), key.source, key.destination, key.identification, key.protocol,
                      key.from_outside);
  }
};

// Precondition: `fragment` is one.
inline DatagramKey datagram_key(const net::Packet& fragment, bool from_outside) {
  return {fragment.source.address, fragment.destination.address, net::identification_of(fragment),
          fragment.protocol, from_outside};
}

}  // namespace natsim::nat
