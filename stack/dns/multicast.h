// Names that a link's own hosts answer for: multicast DNS (RFC 6762), as far as one-shot queriers
// need it. ICE candidates hide addresses behind such names (draft-ietf-mmusic-mdns-ice-candidates).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/dns/message.h"

namespace natsim::dns {

inline constexpr std::uint16_t multicast_port = 5353;

// Where a link's hosts are asked: 224.0.0.251 or ff02::fb (RFC 6762 §3).
Endpoint multicast_group(Family family);

// Whether a candidate may have the name in the place of its address: one label in front of
// "local", as normal_name() has it.
bool is_link_name(std::string_view name);
// A random version 4 UUID (RFC 9562 §5.4) under "local".
std::string draw_link_name(Random& random);

// What a host answers for. Contract:
// 1. One-shot queries (RFC 6762 §5.1) are answered as by any DNS server, to the port that they come
//    from (§6.7), but for a TTL of 10 s at most.
// 2. There is no answer to what is no query, or for a name or a type that the host does not have:
//    another host may.
// 3. Names are version 4 UUIDs, so they are neither probed nor defended, nor are they announced.
class LinkNames {
 public:
  // Precondition: is_link_name(name).
  void publish(std::string name, const IpAddress& address) { names_[std::move(name)] = address; }
  void withdraw(const std::string& name) { names_.erase(name); }

  [[nodiscard]] std::optional<Bytes> answer(ByteView query) const;

 private:
  std::map<std::string, IpAddress> names_;
};

}  // namespace natsim::dns
