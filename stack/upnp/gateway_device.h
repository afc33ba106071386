// The UPnP side of a gateway: it is found by SSDP and maps ports by WANIPConnection
// (UPnP-gw-WANIPConnection-v1, -v2).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/portmap/gateway.h"
#include "stack/upnp/soap.h"
#include "stack/upnp/ssdp.h"

namespace natsim::upnp {

struct DeviceOptions {
  std::uint8_t version = 2;  // of the device and its service; 1 or 2
  // Whether it makes mappings at all; one that does not answers 606.
  bool allow = true;
  // Whether it refuses leases that end (725), as many a version 1 does.
  bool permanent_only = false;
  // What it says its external address is, in the place of the truth.
  std::optional<IpAddress> reported_address;
};

// The longest lease of version 2, and what 0 asks it for (WANIPConnection-v2 §2.3.6).
inline constexpr Duration longest_lease = seconds(604'800);

// A request that was answered, for those who watch.
struct DeviceEvent {
  enum class Kind : std::uint8_t { mapped, deleted, refused };
  Kind kind;
  Endpoint internal;
  Endpoint external;                  // as it is told; of `mapped`
  Duration lifetime;                  // 0: without end; of `mapped`
  UpnpError error = UpnpError::none;  // of `refused`
};

// Contract (beside that of stack/base/machine.h):
// 1. It answers searches for gateways of its version and of lower ones, after a time drawn evenly
//    from what the search allows.
// 2. A client maps its own ports only (606). External port and remote host are no wildcards and a
//    wildcard respectively (716, 726). A port that another client has is a conflict (718), which
//    AddAnyPortMapping of version 2 evades.
// 3. A lease of 0 has no end in version 1, and the longest in version 2. The gateway ends a mapping
//    at the time that it was given; the device forgets it at that time.
// 4. What it knows goes with a restart. That the gateway's does so too is the owner's matter.
class GatewayDevice {
 public:
  // Where the description is got from the device.
  static constexpr std::uint16_t http_port = 5000;

  // `address` is the device's own, inside; `gateway` must outlive it.
  GatewayDevice(const DeviceOptions& options, const IpAddress& address, portmap::Gateway& gateway,
                const Random& random);

  // A datagram at the port of SSDP.
  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  // The answer to an HTTP request that `client` has made.
  HttpMessage answer(const IpAddress& client, const HttpMessage& request, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();
  std::optional<DeviceEvent> poll_event();

  void restart();
  [[nodiscard]] std::size_t leases() const { return entries_.size(); }

 private:
  using Key = std::pair<portmap::MapProtocol, std::uint16_t>;  // with the external port
  struct Entry {
    Endpoint internal;
    std::string description;
    Time until;
  };

  Outcome act(const IpAddress& client, const Action& action, Time now);
  Outcome add(const IpAddress& client, const Arguments& arguments, bool any, Time now);
  Outcome remove(const IpAddress& client, const Arguments& arguments);
  [[nodiscard]] Outcome tell_entry(const Arguments& arguments, Time now) const;
  [[nodiscard]] IpAddress external_address() const;
  Outcome refuse(UpnpError error, const Endpoint& internal);

  DeviceOptions options_;
  IpAddress address_;
  portmap::Gateway& gateway_;
  Random random_;
  std::map<Key, Entry> entries_;
  std::multimap<Time, Transmit> waiting_;  // answers to searches, by when they leave
  std::deque<Transmit> transmits_;
  std::deque<DeviceEvent> events_;
};

}  // namespace natsim::upnp
