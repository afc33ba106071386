// A TURN server (RFC 8656): UDP, TCP or TLS between client and server, UDP between server and peer,
// or TCP (RFC 6062).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/btree_set.h>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/long_term_server.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"
#include "stack/turn/allocation_table.h"
#include "stack/turn/peer_connections.h"
#include "stack/turn/relay_ports.h"
#include "stack/turn/server_event.h"
#include "stack/turn/server_options.h"

namespace natsim::turn {

// Contract, on top of stack/base/machine.h:
// 1. The host binds a socket to every listening endpoint and gives what comes in to `receive`. It
//    binds and closes relay sockets as OpenRelay and CloseRelay say, in the order of the events,
//    and gives what comes in there to `receive_from_peer` and `receive_icmp_error`.
// 2. `Transmit::local` is one of the listening endpoints, or a relayed address.
// 3. A request that is not authentic changes nothing. A datagram that is not answered and not
//    relayed gives PacketDropped.
// 4. Repeating a request has no further effect: an Allocate with the transaction id of the one that
//    made the allocation gets the same success again (RFC 8656 §7.2).
// 5. What has expired is over at its very instant, also if `handle_timeout` is called late.
// 6. Over a stream the host cuts messages out of what comes (StreamFraming), gives `receive` one
//    each, and says when the connection has ended.
//
// 7. A dual allocation (RFC 8656 §7.2) has two relayed addresses, each with events of its own. It
//    counts once against its user's quota.
// 8. An allocation with a ticket follows a client whose address has changed (RFC 8016 §3.2). By the
//    Refresh with the ticket the client may use it from both 5-tuples; what peers send goes to the
//    former one until the client sends data by the new one, or the former connection ends.
// 9. Over TCP peers are connected with one by one (RFC 6062): by ConnectPeer, or as `accept_peer`
//    lets them in. Who they are joined with is a connection of the client's own, after which
//    neither side's bytes concern the server. Both are over with the allocation.
//
// Left out of RFC 8656: DONT-FRAGMENT (420 in requests; the indication is dropped).
class Server {
 public:
  // Throws std::invalid_argument for options that contradict each other or that no server can have.
  Server(ServerOptions options, Random random);

  // A datagram from `remote` that came to the listening endpoint `local`, or a message of the
  // connection of the two.
  void receive(const Endpoint& local, const Endpoint& remote, ByteView bytes, Time now,
               Transport transport = Transport::udp);
  // The connection of this 5-tuple is no more.
  void connection_closed(const FiveTuple& tuple, Time now);
  // A datagram from `peer` that came to the relayed address `relay`.
  void receive_from_peer(const Endpoint& relay, const Endpoint& peer, ByteView payload, Time now);
  // An ICMP error about a UDP datagram that was sent from `relay` to `peer`.
  void receive_icmp_error(const Endpoint& relay, const Endpoint& peer, const stun::IcmpError& error,
                          Time now);
  // `peer` has connected with the relayed address; nullopt if it is to be closed.
  std::optional<ConnectionId> accept_peer(const Endpoint& relay, const Endpoint& peer, Time now);
  // What ConnectPeer asked for stands.
  void peer_connected(ConnectionId id, Time now);
  // It could not be had, or has ended; the same for one that was accepted. ClosePeer follows.
  void peer_closed(ConnectionId id, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const {
    return std::min(allocations_.next_deadline(), peer_connections_.next_deadline());
  }
  std::optional<Transmit> poll_transmit();
  std::optional<ServerEvent> poll_event();

  // The live allocations, oldest first; good until the next call that is not const.
  [[nodiscard]] std::vector<const Allocation*> allocations() const { return allocations_.all(); }
  // All allocations with their permissions and channels, as text for people.
  [[nodiscard]] std::string describe(Time now) const;

 private:
  // An authentic request that is being served.
  struct Request {
    const stun::MessageView& message;
    FiveTuple tuple;
    const stun::LongTermServer::Authenticated& user;
    Time now;
  };

  // server.cc: who asks, and how they are answered.
  void receive_request(const stun::MessageView& message, const FiveTuple& tuple, Time now);
  void answer_binding(const stun::MessageView& message, const FiveTuple& tuple);
  // Sends what `response` holds so far, with SOFTWARE and integrity.
  void respond(const Request& request, stun::MessageBuilder response);
  void refuse(const Request& request, stun::ErrorNumber number, std::string_view reason);
  void refuse_unknown(const Request& request, std::span<const std::uint16_t> attributes);
  void send(const FiveTuple& to, Bytes message);
  void end(Allocation& allocation, AllocationEnded::Why why, Time now);
  void end_relay(Allocation& allocation, Family family, AllocationEnded::Why why, Time now);

  // What an allocation is made of.
  struct Chosen {
    std::vector<Endpoint> relays;  // none if the request was refused
    std::optional<MissingFamily> missing;
    std::optional<stun::ReservationToken> spent;  // the token that they were reserved by
    bool reserves = false;                        // the next port is free, and to be reserved
  };

  // server_allocate.cc: how allocations are made.
  void allocate(const Request& request);
  // Refuses the request if nothing can be chosen.
  Chosen choose_relays(const Request& request);
  void respond_allocated(const Request& request, const Allocation& allocation);
  // The lifetime for a client that asks for this many seconds, or for none.
  [[nodiscard]] Duration grant(std::optional<std::uint32_t> requested) const;

  // server_requests.cc: the requests that change allocations.
  void refresh(const Request& request);
  // The allocation that a Refresh is about: by its ticket, or else by the 5-tuple. Nullptr after
  // refusing the request.
  Allocation* allocation_to_refresh(const Request& request);
  void create_permission(const Request& request);
  void channel_bind(const Request& request);
  // The sender's allocation; nullptr when there is none of theirs, after refusing the request.
  Allocation* allocation_of(const Request& request);
  [[nodiscard]] bool has_room_for(const Allocation& allocation,
                                  const absl::btree_set<IpAddress>& peers, Time now) const;
  void permit(Allocation& allocation, const IpAddress& peer, Time now);

  // server_streams.cc: connections with peers.
  void connect(const Request& request);
  void connection_bind(const Request& request);
  void answer_connect(const PeerConnection& connection, stun::MessageBuilder response);
  void end_peer_connection(ConnectionId id);

  // server_data.cc: data between clients and peers.
  // The allocation that a client's data is for, which follows the client here; nullptr if there is
  // none.
  Allocation* allocation_with_data(const FiveTuple& tuple);
  void finish_move(Allocation& allocation);
  void receive_indication(const stun::MessageView& message, const FiveTuple& tuple,
                          std::size_t size, Time now);
  void receive_channel_data(const FiveTuple& tuple, ByteView bytes, Time now);
  // Why nothing may go from the allocation to `peer`, if so.
  [[nodiscard]] std::optional<DropReason> obstacle_to(const Allocation& allocation,
                                                      const Endpoint& peer, Time now) const;
  [[nodiscard]] bool is_denied(const Endpoint& peer) const;
  [[nodiscard]] bool is_denied(const IpAddress& peer) const;

  ServerOptions options_;
  Random random_;   // transaction ids of Data indications
  Random tickets_;  // of mobility
  stun::LongTermServer credentials_;
  AllocationTable allocations_;
  RelayPorts relay_ports_;
  PeerConnections peer_connections_;
  std::deque<Transmit> transmits_;  // to be polled, in order
  std::deque<ServerEvent> events_;  // to be polled, in order
};

}  // namespace natsim::turn
