// One TURN allocation, as its client keeps it (RFC 8656).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/stun/client_transaction.h"
#include "stack/stun/long_term_client.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"
#include "stack/turn/channel_data.h"
#include "stack/turn/client_event.h"

namespace natsim::turn {

struct ClientOptions {
  Endpoint local;   // the socket that everything is sent from
  Endpoint server;  // the TURN server
  // Between client and server; peers are reached by UDP. Over a stream `local` and `server` name a
  // connection that is open, nothing is sent twice (RFC 8489 §6.2.2), and `timers` and `keepalive`
  // are not used: TCP sees to both.
  Transport transport = Transport::udp;
  std::string username;
  std::string password;
  std::string software;  // SOFTWARE of every request; none if empty
  // Family of the relayed address; IPv6 is asked for by REQUESTED-ADDRESS-FAMILY (RFC 8656 §7.1).
  Family family = Family::ipv4;
  // Asks for a relayed address of each family (ADDITIONAL-ADDRESS-FAMILY); `family` is IPv4. The
  // server may give one of them alone.
  bool dual = false;
  // Asks for a ticket to move the allocation by (RFC 8016), and goes on without one if there is
  // none to be had. A NAT's new mapping then loses no allocation.
  bool mobility = false;
  // Peers are to be connected with by TCP, one by one (RFC 6062); over a stream alone.
  bool tcp_relay = false;
  // LIFETIME to ask for; the server's default if nullopt.
  std::optional<Duration> lifetime;
  // A refresh is sent this long before the allocation expires, or at half of a lifetime of less
  // than twice this (RFC 8656 §8.1 suggests one minute).
  Duration refresh_margin = seconds(60);
  // Permissions last exactly 300 s (RFC 8656 §9): refreshed at this age.
  Duration permission_refresh = seconds(240);
  // Channel bindings last 600 s, the permission that a ChannelBind installs 300 s (RFC 8656 §12).
  Duration channel_refresh = seconds(240);
  // A Binding request goes to the server this often, whatever else is sent: data may flow towards
  // us only, and it is outbound packets that surely refresh a NAT's mapping (RFC 4787 §4.3, REQ-6).
  // A request and not an indication, as its answer shows whether our mapped address is still the
  // one that the server knows the allocation by. Zero turns it off.
  Duration keepalive = seconds(25);
  int max_new_ports = 2;           // local ports, or connections, to try after 437 (RFC 8656 §7.4)
  int max_redirects = 3;           // 300 responses to follow
  stun::TransactionTimers timers;  // of all requests
};

// What `Client::receive` made of a datagram.
struct Inbound {
  enum class Kind : std::uint8_t {
    not_ours,  // neither an answer to a request of ours nor a message from the relay
    control,   // dealt with, or dropped for being malformed or from a peer without permission;
               // there may be something to transmit and events
    data,      // `peer` sent `payload` to our relayed address
  };
  Kind kind = Kind::not_ours;
  Endpoint peer;     // sender of the data
  ByteView payload;  // points into the bytes given to `receive`; may be empty (RFC 8656 §12.5)
};

// What became of a datagram given to `Client::send`.
enum class SendResult : std::uint8_t {
  sent,                // in the transmit queue, as Send indication or ChannelData
  held,                // goes out when the permission that was asked for is there
  no_allocation,       // dropped: there is no allocation (yet, or any more)
  permission_refused,  // dropped: the server refused this peer; `add_peer` asks again
  too_large,           // dropped: more than max_application_data bytes
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
// 8. With a ticket the allocation outlives a change of address. Until Moved, data goes from the
//    former address, if that is still there; afterwards from the new one, and what peers send
//    follows the first data that we send.
// 9. Of a relay for TCP, `connect_peer` and peers with a permission give connections, each with a
//    number by which another connection to the server is bound to it (ConnectionBinding). `send`
//    and `bind_channel` are for UDP.
// 10. Over a stream the host cuts messages out of it (StreamFraming) and gives `receive` one each.
// A
//    connection that is lost ends the allocation (RFC 8656 §5): another one is another client's.
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
  // The answer to NeedNewLocalPort: allocates again from `local`, over a stream by the connection
  // from there to `server()`. Before `start`: where that is to allocate from. Else ignored.
  void set_local(Endpoint local, Time now);
  // The connection has ended, or the one that NeedNewLocalPort asks for cannot be opened.
  void connection_lost(Time now);
  // Deletes the allocation by Refresh with lifetime 0 (RFC 8656 §8); Closed follows.
  void close(Time now);
  // The allocation is to be used from `local` from here on, over UDP. False if it cannot move.
  bool move(const Endpoint& local, Time now);
  // Deletes the relayed address of this family alone, with its permissions and channels. Ignored
  // unless there are two.
  void release(Family family, Time now);

  // `peer` of a family without a relayed address gives PermissionFailed with code 443.
  void add_peer(const IpAddress& peer, Time now);
  // Stops refreshing the permission of `peer` and its channels; the server lets them expire.
  void remove_peer(const IpAddress& peer, Time now);
  void bind_channel(const Endpoint& peer, Time now);
  SendResult send(const Endpoint& peer, ByteView payload, Time now);
  // PeerConnected or PeerConnectFailed follows. False if there is no allocation for TCP.
  bool connect_peer(const Endpoint& peer, Time now);

  // A datagram that came to the local socket. Only those from the server are looked at.
  Inbound receive(const Endpoint& from, ByteView bytes, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();
  std::optional<ClientEvent> poll_event();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Endpoint& local() const { return options_.local; }
  // Whether what comes to this socket may be for the client: also before and after it has moved.
  [[nodiscard]] bool is_at(const Endpoint& socket) const {
    return socket == options_.local || socket == moving_to_ || socket == former_local_;
  }
  // The server in use: the configured one or the last one redirected to.
  [[nodiscard]] const Endpoint& server() const { return options_.server; }
  // Unset before Allocated. The IPv4 one of two.
  [[nodiscard]] const Endpoint& relayed() const { return relayed_; }
  // The IPv6 one of two.
  [[nodiscard]] const std::optional<Endpoint>& additional_relayed() const { return additional_; }
  [[nodiscard]] const Endpoint& mapped() const { return mapped_; }
  // Time::never() unless allocated.
  [[nodiscard]] Time expires_at() const { return expires_at_; }
  [[nodiscard]] bool has_permission(const IpAddress& peer, Time now) const;
  // The channel that data to `peer` uses.
  [[nodiscard]] std::optional<std::uint16_t> channel(const Endpoint& peer, Time now) const;

 private:
  enum class Purpose : std::uint8_t {
    allocate,
    refresh,
    move,
    close,
    release,
    permissions,
    channel,
    connect,
    keepalive,
  };

  // A request on its way.
  struct Pending {
    Purpose purpose;
    std::uint32_t generation;  // of the credentials that it was protected with
    int challenges;            // how often it has been sent anew for a 401 or 438
    stun::ClientTransaction transaction;
    std::vector<IpAddress> peers;  // of a CreatePermission
    std::uint16_t number = 0;      // of a ChannelBind
    Endpoint peer{};               // of a Connect
  };

  struct Permission {
    IpAddress peer;
    Time expires{};          // granted until then; the beginning of time if it never was
    Time refresh_at{};       // when the next request is due, unless one is on its way
    bool in_flight = false;  // a CreatePermission for it is on its way
    bool refused = false;    // nothing more is asked until `add_peer`
    bool alone = false;      // shares no request: one that it shared was refused
  };

  // The channel whose number is its index in channels_ above first_channel. A number stays with
  // its peer for good, so that no binding in quarantine is ever asked to change (RFC 8656 §12.1).
  struct Channel {
    Endpoint peer;            // unset for a number that the server has refused
    Time expires{};           // bound until then; the beginning of time if it never was
    Time refresh_at{};        // when the next ChannelBind is due, unless one is on its way
    bool wanted = true;       // false: not refreshed and not sent on
    bool in_flight = false;   // a ChannelBind for it is on its way
    int refused_numbers = 0;  // numbers that were tried for this peer before
  };

  struct Held {
    Endpoint peer;
    Bytes payload;
  };

  // client_requests.cc: requests, and what their answers mean.
  stun::MessageBuilder compose(Purpose purpose, const std::vector<IpAddress>& peers,
                               std::uint16_t number, const Endpoint& target);
  void request(Purpose purpose, Time now, std::vector<IpAddress> peers = {},
               std::uint16_t number = 0, int challenges = 0, const Endpoint& target = {});
  void request_what_is_due(Time now);
  Inbound receive_response(const stun::MessageView& message, Time now);
  void succeed(const Pending& pending, const stun::MessageView& message, Time now);
  void allocation_made(const stun::MessageView& message, Time asked, Time now);
  [[nodiscard]] bool is_as_asked(const std::vector<Endpoint>& relayed) const;
  void allocation_refreshed(const stun::MessageView& message, Time asked, Time now);
  void set_lifetime(Duration lifetime, Time asked);
  void allocation_moved(const stun::MessageView& message, Time asked, Time now);
  // `code` and `reason` are 0 and empty when there was no response.
  void fail(const Pending& pending, Failure why, int code, std::string_view reason, Time now);
  void allocate_refused(const stun::MessageView& message, int code, std::string_view reason,
                        Time now);
  void permission_granted(const IpAddress& peer, Time asked, Time now);
  void permissions_refused(const Pending& pending, Failure why, int code, Time now);
  void channel_bound(const Pending& pending, Time now);
  void channel_refused(const Pending& pending, Failure why, int code, Time now);
  void finish(ClientEvent last);

  // client.cc
  // The server does not know our 5-tuple: another mapping of a NAT's can be moved to.
  void lose_or_move(Loss why, int code, Time now);
  // Whether peers of this family can be relayed to, or may be once there is an allocation.
  [[nodiscard]] bool relays(Family family) const;
  Inbound receive_channel_data(ByteView bytes) const;
  Inbound receive_indication(const stun::MessageView& message);
  void transmit_data(const Endpoint& peer, ByteView payload, Time now);
  [[nodiscard]] bool is_in_flight(Purpose purpose) const;
  // The entry of `peer` in permissions_ or channels_; nullptr if there is none.
  template <typename List, typename Peer>
  static auto find_peer(List& list, const Peer& peer) -> decltype(list.data()) {
    for (auto& entry : list) {
      if (entry.peer == peer) return &entry;
    }
    return nullptr;
  }

  ClientOptions options_;  // local and server change with NeedNewLocalPort and Redirected
  Random random_;          // transaction ids
  stun::LongTermClient credentials_;
  State state_ = State::idle;
  Time now_;  // of the last call, for the requests that poll_transmit puts together

  int new_ports_ = 0;              // local ports tried after 437
  std::vector<Endpoint> visited_;  // servers that an Allocate went to, for loops of 300

  Endpoint relayed_;
  std::optional<Endpoint> additional_;
  std::optional<Family> released_;  // of a relayed address that was given back
  Bytes ticket_;                    // empty if the allocation cannot move
  std::optional<Endpoint> moving_to_;
  std::optional<Endpoint> former_local_;  // before the last move
  Endpoint mapped_;
  Time expires_at_ = Time::never();    // of the allocation
  Time refresh_at_ = Time::never();    // never while a Refresh is on its way
  Time keepalive_at_ = Time::never();  // of the next Binding request
  int refresh_code_ = 0;               // why the last Refresh was refused; 0 if it was not

  std::vector<Pending> pending_;         // in the order of their sending
  std::vector<Permission> permissions_;  // in the order of their adding
  std::vector<Channel> channels_;        // by number
  std::vector<Held> held_;               // data that waits for permissions, in order
  std::deque<Transmit> transmits_;       // to be polled, in order
  std::deque<ClientEvent> events_;       // to be polled, in order
};

}  // namespace natsim::turn
