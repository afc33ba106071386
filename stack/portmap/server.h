// A gateway's port-mapping server: NAT-PMP (RFC 6886) and PCP (RFC 6887) on one port.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/portmap/gateway.h"
#include "stack/portmap/nat_pmp_message.h"
#include "stack/portmap/pcp_message.h"

namespace natsim::portmap {

struct ServerOptions {
  bool nat_pmp = true;
  bool pcp = true;
  // Whether it makes mappings at all; one that does not answers "not authorized".
  bool allow = true;
  // What it grants (RFC 6887 §15): of NAT-PMP the upper bound alone.
  Duration min_lifetime = seconds(120);
  Duration max_lifetime = seconds(24 * 3600);
  // What it says its external address is, in the place of the truth.
  std::optional<IpAddress> reported_address;
};

// A request that was answered, for those who watch. `deleted` if a lifetime of 0 was asked for.
struct ServerEvent {
  enum class Kind : std::uint8_t { mapped, kept, deleted, refused };
  Kind kind;
  bool pcp;  // otherwise NAT-PMP
  Endpoint internal;
  Endpoint external;   // as it was told; of `mapped` and `kept`
  Duration lifetime;   // likewise
  std::uint16_t code;  // the protocol's result; of `refused`
  Endpoint peer = {};  // of `kept`
};

// Contract (beside that of stack/base/machine.h):
// 1. A client maps its own ports only. A mapping that PCP made is renewed and deleted by its nonce
//    alone (RFC 6887 §11.3). PCP's THIRD_PARTY and FILTER are refused, and its opcode PEER is for
//    UDP alone; it shortens and deletes nothing (§12.1), a lifetime of 0 being as good as the
//    least.
// 2. The gateway ends a mapping at the time that it was given; the server forgets it at that time.
// 3. A restart forgets all and begins the epoch anew. That the gateway does so too is the owner's
//    matter. It is not announced by multicast (RFC 6886 §3.2.1, RFC 6887 §14.1.3): clients find out
//    by the epoch of the next answer.
class Server {
 public:
  // `gateway` must outlive the server.
  Server(const ServerOptions& options, Gateway& gateway, Time now);

  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();
  std::optional<ServerEvent> poll_event();

  void restart(Time now);
  [[nodiscard]] std::size_t leases() const { return leases_.size(); }

 private:
  struct Lease {
    PcpNonce nonce;  // all zero if NAT-PMP made it
    Time until;
  };

  void answer_nat_pmp(const NatPmpRequest& request, const Endpoint& client, Time now);
  PcpResponse answer_pcp(const PcpReading& reading, const Endpoint& client, Time now);
  PcpResult map_pcp(const PcpRequest& request, const Endpoint& client, PcpMap& map,
                    std::uint32_t& lifetime, Time now);
  PcpResult keep_pcp(const PcpRequest& request, const Endpoint& client, PcpMap& map,
                     std::uint32_t& lifetime, Time now);
  [[nodiscard]] IpAddress told_address(const IpAddress& truth) const;
  [[nodiscard]] std::uint32_t epoch(Time now) const;
  void refuse(bool pcp, const Endpoint& internal, std::uint16_t code);

  ServerOptions options_;
  Gateway& gateway_;
  Time started_;
  std::map<std::pair<MapProtocol, Endpoint>, Lease> leases_;  // by internal endpoint
  std::deque<Transmit> transmits_;
  std::deque<ServerEvent> events_;
};

}  // namespace natsim::portmap
