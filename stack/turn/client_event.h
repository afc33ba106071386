// What a TURN client tells its host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::turn {

// Why a request came to nothing.
enum class Failure : std::uint8_t {
  timeout,           // no answer to any retransmission (RFC 8489 §6.2.1)
  refused,           // an error response that leaves nothing to try; the code says which
  bad_credentials,   // 401 although our credentials were in the request (RFC 8489 §9.2.5)
  not_authentic,     // there were answers, but none with the right integrity (RFC 8489 §9.2.5)
  bad_response,      // an authentic answer without what it must hold
  redirect_refused,  // 300 to a server seen before, of another family, or once too often
  port_mismatch,     // 437 again on every local port that the host gave (RFC 8656 §7.4)
  no_channel_left,   // all channel numbers have been used for other peers
  connection_lost,   // TCP or TLS to the server could not be opened, or ended too early
};
std::string_view to_string(Failure failure);

// Why an allocation that stood is lost.
enum class Loss : std::uint8_t {
  lifetime_over,           // no refresh got through before it expired
  mismatch,                // 437: the server does not know our 5-tuple, as after its restart
  refused,                 // an error that forbids refreshing, such as 441 or 401
  mapped_address_changed,  // a NAT on the way gave us a new mapping: our 5-tuple is another one
  connection_lost,         // the connection to the server ended, and with it the allocation
};
std::string_view to_string(Loss loss);

// The server allocated `relayed` for us. Permissions asked for before are requested now.
struct Allocated {
  Endpoint relayed;
  Endpoint mapped;  // our address as the server sees it: a server-reflexive candidate as well
  Duration lifetime;
  std::optional<Endpoint> additional{};  // the IPv6 one, if `relayed` is one of two
  int missing_code = 0;  // why there is but one of the two asked for (ADDRESS-ERROR-CODE)
};
// The server sent us elsewhere (300 Try Alternate); the Allocate goes to `to` now.
struct Redirected {
  Endpoint from;
  Endpoint to;
};
// No allocation could be made. The client does nothing more.
struct Failed {
  Failure why = Failure::timeout;
  int code = 0;        // ERROR-CODE of the last response; 0 when there was none
  std::string reason;  // its reason phrase, as sent by the server
};
// This local address is taken at the server (437) by an allocation that is not ours to use. Give
// the client another socket with `set_local`; nothing goes on before. Over a stream: another
// connection is to be opened, which after Redirected is one to another server.
struct NeedNewLocalPort {};
// Peers with this address may send to us and we to them.
struct PermissionReady {
  IpAddress peer;
};
// There is no permission for `peer`, and none is asked for again before the next `add_peer`.
struct PermissionFailed {
  IpAddress peer;
  Failure why = Failure::timeout;
  int code = 0;               // as in Failed
  std::size_t discarded = 0;  // datagrams held for this peer that are lost now
};
// Data to and from `peer` goes as ChannelData from here on.
struct ChannelBound {
  Endpoint peer;
  std::uint16_t number = 0;
};
// Data to `peer` goes by Send indications (again).
struct ChannelFailed {
  Endpoint peer;
  Failure why = Failure::timeout;
  int code = 0;  // as in Failed
};
// The relay has a TCP connection with `peer`, which waits 30 s to be bound (RFC 6062 §4.3).
struct PeerConnected {
  Endpoint peer;
  std::uint32_t id = 0;  // CONNECTION-ID
  bool by_peer = false;  // and was not asked for
};
// What `connect_peer` asked for could not be had.
struct PeerConnectFailed {
  Endpoint peer;
  Failure why = Failure::timeout;
  int code = 0;  // as in Failed; 447 if the peer could not be connected with
};
// The relay got an ICMP error for something sent to `peer` (RFC 8656 §11.6).
struct PeerUnreachable {
  Endpoint peer;
  std::uint8_t type = 0;  // ICMP type, of ICMPv6 if `peer` is an IPv6 endpoint
  std::uint8_t code = 0;
  std::uint32_t data = 0;  // next-hop MTU for "packet too big", otherwise 0
};
// The allocation is used from `local` (RFC 8016), with its relayed address and all permissions and
// channels.
struct Moved {
  Endpoint local;
};
// The allocation is gone, and with it every permission and channel. The client does nothing more.
struct Expired {
  Loss why = Loss::lifetime_over;
  int code = 0;  // as in Failed
};
// `close` is done: the server has deleted the allocation, or no longer answers.
struct Closed {};

using ClientEvent = std::variant<Allocated, Redirected, Failed, NeedNewLocalPort, PermissionReady,
                                 PermissionFailed, ChannelBound, ChannelFailed, PeerConnected,
                                 PeerConnectFailed, PeerUnreachable, Moved, Expired, Closed>;

// One line for a log, such as "allocated 203.0.113.10:49152 (mapped 192.0.2.1:4242) for 600s".
std::string to_string(const ClientEvent& event);

}  // namespace natsim::turn
