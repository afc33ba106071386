// How a TURN server is set up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/time.h"
#include "stack/stun/nonce_cookie.h"
#include "stack/turn/channel_data.h"

namespace natsim::turn {

// Blocks that a relay is never to send to unless its operator says so (RFC 8656 §21: relays have
// been abused to reach a server's own services): "this network", loopback, link-local and
// multicast, of both families.
std::vector<Prefix> default_denied_peers();

struct ServerOptions {
  struct User {
    std::string name;
    std::string password;
  };

  std::vector<Endpoint> listening;         // where clients send to; never a peer
  std::vector<Endpoint> stream_listening;  // where they connect to by TCP and TLS; never a peer
  std::string realm;
  std::vector<User> users;
  // Good beside the users: ephemeral credentials made with it (draft-uberti-behave-turn-rest-00).
  std::optional<std::string> shared_secret;
  std::string software;  // SOFTWARE of every response; none if empty

  // Requests with an older nonce get 438 (RFC 8489 §9.2.4; RFC 8656 §5 wants at most an hour).
  Duration nonce_lifetime = seconds(600);
  stun::SecurityFeatures features;  // what RFC 8489 adds to long-term credentials; off by default

  // LIFETIME granted to a client that asks for none, and the bounds for one that asks (RFC 8656
  // §7.2).
  Duration default_lifetime = seconds(600);
  Duration min_lifetime = seconds(600);
  Duration max_lifetime = seconds(3600);

  std::vector<IpAddress> relay_addresses;  // a family without any gets 440
  std::uint16_t first_relay_port = 49152;  // the dynamic range of RFC 6335, see RFC 8656 §7.2
  std::uint16_t last_relay_port = 65535;   // included
  // A relayed address that was given back is not allocated again before (RFC 8656 §7.2).
  Duration relay_port_hold_off = seconds(120);

  std::optional<std::size_t> user_quota;  // allocations of one user; more get 486
  // Per allocation; more get 508. Bounds what one client can make the server remember.
  std::size_t max_permissions = 1024;

  // The highest channel number that may be bound: last_legacy_channel for clients that follow RFC
  // 5766.
  std::uint16_t highest_channel = last_channel;
  Duration permission_lifetime = seconds(300);  // RFC 8656 §9
  Duration channel_lifetime = seconds(600);     // RFC 8656 §12
  // After a binding's expiry neither its number nor its peer may be bound otherwise (RFC 8656
  // §12.1).
  Duration channel_quarantine = seconds(300);

  std::vector<Prefix> denied_peers = default_denied_peers();  // 403
  // Where every Allocate that could be served is sent instead, by 300 (RFC 8656 §7.2).
  std::optional<Endpoint> alternate_server;
  // Relays TCP as well, to clients over TCP or TLS (RFC 6062); REQUESTED-TRANSPORT 6 gets 442 if
  // not.
  bool tcp_relays = false;
  std::size_t max_peer_connections = 64;  // of one relayed address, by TCP; more get 508
  // Gives tickets by which an allocation follows its client to another address (RFC 8016); 405 to
  // who asks for one if not.
  bool mobility = false;
};

}  // namespace natsim::turn
