// A candidate transport address and its priority (RFC 8445 §5.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/datagram.h"

namespace natsim::ice {

enum class CandidateType : std::uint8_t { host, server_reflexive, peer_reflexive, relayed };

// "host", "srflx", "prflx", "relay": the words of RFC 8839 §5.1.
std::string_view to_string(CandidateType type);

// Who opens the connection of a TCP candidate: this one, the other one, or both at once
// (RFC 6544 §3).
enum class TcpType : std::uint8_t { active, passive, simultaneous_open };
// "active", "passive", "so": the words of RFC 6544 §4.5.
std::string_view to_string(TcpType type);

// The port of an active TCP candidate, which is reached by none (RFC 6544 §4.5).
inline constexpr std::uint16_t active_port = 9;

// Position of a candidate in its agent's list of local or of remote candidates. Candidates are
// never taken off these lists, so an id stays good.
using CandidateId = std::uint16_t;

// A local or a remote candidate over UDP or TCP.
struct Candidate {
  CandidateType type = CandidateType::host;
  std::uint8_t component = 1;  // of a data stream: 1 is RTP or the only one (RFC 8445 §4)
  std::uint32_t priority = 0;  // RFC 8445 §5.1.2; 1..2^31-1
  // What the peer sends to. Of a remote candidate with a name in its place the port alone, until
  // the host has resolved it.
  Endpoint address;
  Transport transport = Transport::udp;  // or TCP
  TcpType tcp_type = TcpType::active;    // over TCP
  // "….local", what the peer is told, or has told, in the place of the address
  // (draft-ietf-mmusic-mdns-ice-candidates); empty if it is the address itself.
  std::string host_name;
  // Local candidates: the address that packets leave from: the socket's own for host and reflexive
  // candidates, the relayed address itself for relayed ones (RFC 8445 §4). Remote: unset.
  Endpoint base;
  // raddr and rport (RFC 8839 §5.1): the base of a reflexive candidate, the mapped address of a
  // relayed one. Unset for host candidates, and where the peer hides it.
  Endpoint related;
  // Local candidates: the STUN or TURN server that told us of it; unset otherwise.
  Endpoint server;
  Transport server_transport = Transport::udp;  // to that server
  std::string foundation;                       // 1 to 32 ice-chars (RFC 8445 §5.1.1.3)
  // The username fragment of the generation that it belongs to (RFC 8838 §4.1); empty if it is not
  // told. Local candidates: unset.
  std::string ufrag;
};

// Type preference: host 126, peer-reflexive 110, server-reflexive 100, relayed 0
// (RFC 8445 §5.1.2.2).
std::uint32_t type_preference(CandidateType type);

// 2^24 * type preference + 2^8 * local preference + (256 - component) (RFC 8445 §5.1.2.1).
std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                 std::uint8_t component);

// The local preference of a TCP candidate: 2^13 * direction preference + `other`, which is at most
// 8191 and different for each address of the host (RFC 6544 §4.2). The direction preference is 6
// for active, 4 for passive and 2 for simultaneous-open candidates, of reflexive ones 4, 2 and 6.
std::uint16_t tcp_local_preference(CandidateType type, TcpType tcp_type, std::uint16_t other);

// PRIORITY of a check: what a peer-reflexive candidate with the local preference and component of
// `priority` would have (RFC 8445 §7.1.1).
std::uint32_t peer_reflexive_priority(std::uint32_t priority);

// Why an address is not made a host candidate (RFC 8445 §5.1.1.1).
enum class AddressRefusal : std::uint8_t {
  unspecified,  // 0.0.0.0, :: or port 0
  loopback,
  multicast,
  site_local,  // fec0::/10, deprecated by RFC 3879
  duplicate,   // this socket was added before
  too_late,    // gathering has ended: the peer was told that there are no more (RFC 8838 §13)
};
std::string_view to_string(AddressRefusal refusal);

// The reason to refuse `address` whatever else the agent has; nullopt if it makes a host candidate.
std::optional<AddressRefusal> refusal_of(const Endpoint& address);

}  // namespace natsim::ice
