// One TURN allocation, as its client keeps it (RFC 8656 over UDP).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/turn/client_event.h"

namespace natsim::turn {

struct ClientOptions {
  Endpoint local;   // the socket that everything is sent from
  Endpoint server;  // the TURN server, UDP
  std::string username;
  std::string password;
  std::string software;  // SOFTWARE of every request; none if empty
  // Family of the relayed address; IPv6 is asked for by REQUESTED-ADDRESS-FAMILY (RFC 8656 §7.1).
  Family family = Family::ipv4;
  // LIFETIME to ask for; the server's default if nullopt.
  std::optional<Duration> lifetime;
  // A refresh is sent this long before the allocation expires, or at half of a lifetime of less
  // than twice this (RFC 8656 §8.1 suggests one minute).
  Duration refresh_margin = seconds(60);
  // Permissions last exactly 300 s (RFC 8656 §9): refreshed at this age.
  Duration permission_refresh = seconds(240);
  // Channel bindings last 600 s, the permission that a ChannelBind installs 300 s (RFC 8656 §12).
  Duration channel_refresh = seconds(240);
  // A Binding request goes to the server when nothing else has for this long: data may flow
  // towards us only, and most NATs refresh a mapping by outbound packets alone (RFC 4787 §4.3,
  // REQ-6). A request and not an indication, as its answer shows whether our mapped address is
  // still the allocation's. Zero turns it off.
  Duration keepalive = seconds(25);
  int max_new_ports = 2;  // local ports to try after 437 (RFC 8656 §7.4)
  int max_redirects = 3;  // 300 responses to follow
};

// What `Client::receive` made of a datagram.
struct Inbound {
  enum class Kind : std::uint8_t {
    not_ours,  // neither STUN for a transaction of ours nor data from the relay
    control,   // dealt with: there may be something to transmit and events
    data,      // `peer` sent `payload` to our relayed address
  };
  Kind kind = Kind::not_ours;
  Endpoint peer;     // sender of the data
  ByteView payload;  // points into the bytes given to `receive`; may be empty (RFC 8656 §12.7)
};

// What became of a datagram given to `Client::send`.
enum class SendResult : std::uint8_t {
  sent,                // in the transmit queue, as Send indication or ChannelData
  held,                // goes out when the permission that was asked for is there
  no_allocation,       // dropped: there is no allocation (yet, or any more)
  permission_refused,  // dropped: the server refused this peer; `add_peer` asks again
  queue_full,          // dropped: Client::max_held datagrams are held already
};

// Contract, on top of stack/base/machine.h:
// 1. `start` sends the Allocate. It ends in Allocated or Failed; in between the host may be asked
//    for a new socket. After Failed, Expired and Closed the client is silent for good.
// 2. Peers may be added at any time. A permission is per address (RFC 8656 §9): one per address is
//    requested once there is an allocation, and refreshed until `remove_peer`. Peers added before
//    one drain share a CreatePermission; if the server refuses several at once each is tried alone,
//    so that one bad peer never costs another its permission.
// 3. `send` adds the peer by itself and holds the data until the permission is there.
// 4. `bind_channel` moves one peer to ChannelData; until ChannelBound, and again after
//    ChannelFailed, its data goes by Send indications. Requests for a channel that is bound or
//    being bound are ignored.
// 5. All requests share realm and nonce. A 438 with a new nonce makes its request go out again with
//    a new transaction id; no request is lost to a stale nonce.
// 6. Success responses count only if their integrity is right (RFC 8489 §9.2.5).
// 7. Data comes as the return value of `receive`, without copy and without an event.
class Client {
 public:
  // Datagrams held for permissions, over all peers; further ones are dropped and `send` says so.
  static constexpr std::size_t max_held = 32;

  enum class State : std::uint8_t {
    idle,            // before `start`
    allocating,      // an Allocate is on its way
    needs_new_port,  // waits for `set_local`
    allocated,
    closing,  // a Refresh with lifetime zero is on its way
    over,     // after Failed, Expired or Closed
  };

  Client(ClientOptions options, Random random);

  void start(Time now);
  // The answer to NeedNewLocalPort: allocates again from `local`. Ignored in any other state.
  void set_local(Endpoint local, Time now);
  // Deletes the allocation by Refresh with lifetime 0 (RFC 8656 §8); Closed follows.
  void close(Time now);

  // `peer` of the other family than the relayed address gives PermissionFailed with code 443.
  void add_peer(const IpAddress& peer, Time now);
  // Stops refreshing the permission of `peer` and its channels; the server lets them expire.
  void remove_peer(const IpAddress& peer, Time now);
  void bind_channel(const Endpoint& peer, Time now);
  SendResult send(const Endpoint& peer, ByteView payload, Time now);

  // A datagram that came to the local socket. Only those from the server are looked at.
  Inbound receive(const Endpoint& from, ByteView bytes, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();
  std::optional<ClientEvent> poll_event();

  [[nodiscard]] State state() const;
  [[nodiscard]] const Endpoint& local() const;
  // The server in use: the configured one or the last one redirected to.
  [[nodiscard]] const Endpoint& server() const;
  // Unset before Allocated.
  [[nodiscard]] const Endpoint& relayed() const;
  [[nodiscard]] const Endpoint& mapped() const;
  // Time::never() unless allocated.
  [[nodiscard]] Time expires_at() const;
  [[nodiscard]] bool has_permission(const IpAddress& peer, Time now) const;
  // The channel that data to `peer` uses.
  [[nodiscard]] std::optional<std::uint16_t> channel(const Endpoint& peer, Time now) const;

 private:
  ClientOptions options_;
  Random random_;  // transaction ids
};

}  // namespace natsim::turn
