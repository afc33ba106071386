// IPv4 in IPv6: whatever comes out of a packet is an IPv4 packet, and goes back in as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sim/net/encapsulation.h"
#include "sim/net/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace natsim;
  net::PacketPool pool;
  const net::PacketPtr outer = net::parse_datagram(pool, ByteView(data, size));
  if (outer == nullptr || outer->is_v4() || outer->is_fragment()) return 0;
  if (outer->protocol != net::Protocol::ipv4) return 0;
  const net::PacketPtr inner = net::decapsulate(pool, *outer);
  if (inner == nullptr) return 0;
  if (!inner->is_v4()) std::abort();
  const net::PacketPtr again =
      net::encapsulate(pool, *inner, outer->source.address, outer->destination.address);
  if (again == nullptr) std::abort();
  const ByteView carried = outer->transport();
  const ByteView back = again->transport();
  if (!std::equal(carried.begin(), carried.end(), back.begin(), back.end())) std::abort();
  return 0;
}
