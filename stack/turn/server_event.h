// What a TURN server tells its host: which relay sockets it needs, and what it did and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stack/base/address.h"
#include "stack/base/datagram.h"
#include "stack/base/time.h"
#include "stack/stun/error_code.h"
#include "stack/stun/message.h"

namespace natsim::turn {

// Whose allocation it is: the client's address as the server sees it, the server's own, and what
// carries their messages.
struct FiveTuple {
  Endpoint client;
  Endpoint server;
  Transport transport = Transport::udp;

  constexpr auto operator<=>(const FiveTuple&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const FiveTuple& t) {
    return H::combine(std::move(h), t.client, t.server, t.transport);
  }
};

// Bind a UDP socket to `relay` and give what comes in to `Server::receive_from_peer`; or listen
// there for TCP connections, and ask `Server::accept_peer` about each.
struct OpenRelay {
  Endpoint relay;
  bool tcp = false;
};
// Close that socket, or stop listening.
struct CloseRelay {
  Endpoint relay;
  bool tcp = false;
};

// Connect by TCP from `relay` to `peer`; `Server::peer_connected` or `peer_closed` says how it
// went.
struct ConnectPeer {
  std::uint32_t id = 0;  // of the connection, from here on
  Endpoint relay;
  Endpoint peer;
};
// What comes by the client's connection `data` after the message that was just received goes to the
// peer as it is, and what the peer sends, or has sent up to now, to the client.
struct JoinStreams {
  std::uint32_t id = 0;
  FiveTuple data;
};
// Close the connection with the peer, if it stands, and the client's that is joined with it.
struct ClosePeer {
  std::uint32_t id = 0;
  std::optional<FiveTuple> data;
};

struct AllocationCreated {
  FiveTuple tuple;
  Endpoint relay;
  std::string username;
  Duration lifetime;
};
struct AllocationRefreshed {
  FiveTuple tuple;
  Endpoint relay;
  Duration lifetime;
};
// What peers send to this relayed address goes to another 5-tuple from here on (RFC 8016).
struct AllocationMoved {
  FiveTuple from;
  FiveTuple to;
  Endpoint relay;
};
struct AllocationEnded {
  enum class Why : std::uint8_t {
    expired,            // it was not refreshed in time
    deleted,            // by a Refresh with lifetime zero
    connection_closed,  // that of its 5-tuple, over TCP or TLS (RFC 8656 §5)
  };
  FiveTuple tuple;
  Endpoint relay;
  Why why = Why::expired;
};
std::string_view to_string(AllocationEnded::Why why);

struct PermissionInstalled {
  FiveTuple tuple;
  Endpoint relay;
  IpAddress peer;
  Time expires;
  bool refreshed = false;  // it stood already
};
struct PermissionExpired {
  FiveTuple tuple;
  Endpoint relay;
  IpAddress peer;
};
struct ChannelInstalled {
  FiveTuple tuple;
  Endpoint relay;
  Endpoint peer;
  std::uint16_t number = 0;
  Time expires;
  bool refreshed = false;  // as above
};
// From here on neither the number nor the peer may be bound otherwise, until `quarantine_ends`.
struct ChannelExpired {
  FiveTuple tuple;
  Endpoint relay;
  Endpoint peer;
  std::uint16_t number = 0;
  Time quarantine_ends;
};

// An error response was sent. The first request of every client ends so, with 401.
struct RequestRefused {
  FiveTuple tuple;
  stun::Method method;
  stun::ErrorNumber code;
  std::string_view reason;  // what exactly was wrong, as in the response; static text
};

enum class DropReason : std::uint8_t {
  malformed,             // neither a valid STUN message nor a valid ChannelData message
  unknown_method,        // a STUN request or indication that a TURN server does not take
  unexpected_class,      // a response, which a server never gets
  unknown_attribute,     // comprehension-required, in an indication (RFC 8489 §6.3.2)
  no_allocation,         // none for this 5-tuple or relayed address, or it is over
  no_permission,         // for this peer's address, or it has expired
  channel_unknown,       // ChannelData for a number that is not bound, or no longer
  peer_denied,           // the peer is in a denied block or is this server itself
  peer_family,           // the peer's family is not the relayed address's
  too_large,             // with the framing towards the client it would not fit into a UDP datagram
  too_many_connections,  // with peers, or a second one with the same
  relays_tcp,            // data in messages for an allocation whose peers are connected with by TCP
  icmp_irrelevant,       // an ICMP error of a type that is not passed on (RFC 8656 §11.5)
};
std::string_view to_string(DropReason reason);

// A datagram ended here without an answer.
struct PacketDropped {
  DropReason why = DropReason::malformed;
  Endpoint from;              // its sender: a client or a peer
  Endpoint to;                // where it came in: a listening endpoint or a relayed address
  Endpoint peer;              // the peer that data was for or from; unset if none was named
  std::uint16_t channel = 0;  // of ChannelData; 0 otherwise
  std::size_t size = 0;       // bytes of the datagram
};

using ServerEvent = std::variant<OpenRelay, CloseRelay, ConnectPeer, JoinStreams, ClosePeer,
                                 AllocationCreated, AllocationRefreshed, AllocationMoved,
                                 AllocationEnded, PermissionInstalled, PermissionExpired,
                                 ChannelInstalled, ChannelExpired, RequestRefused, PacketDropped>;

// One line for a log, such as "dropped 60 bytes from 198.51.100.7:4000 at 203.0.113.10:49152: no
// permission for the peer".
std::string to_string(const ServerEvent& event);

}  // namespace natsim::turn
