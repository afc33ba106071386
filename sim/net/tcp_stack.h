// A host's TCP: which segment belongs to which connection, and what drives the connections.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/scheduler.h"
#include "sim/net/packet.h"
#include "sim/net/tcp_connection.h"
#include "sim/net/tcp_socket.h"
#include "sim/net/wire.h"
#include "stack/base/random.h"
#include "stack/base/result.h"

namespace natsim::net {

class Host;

// Whether a local endpoint may be one among several sockets' (SO_REUSEADDR and SO_REUSEPORT), as
// hole punching needs: a listener and connections to several peers. All of them have to ask for it.
enum class TcpSharing : std::uint8_t { exclusive, shared };

// What a connection or a listener is asked for with.
struct TcpBinding {
  // An address of the host, or "any"; port 0: a free ephemeral port, chosen at random (RFC 6056
  // §3.3.1).
  Endpoint local;
  TcpSharing sharing = TcpSharing::exclusive;
  TcpOptions options;
};

// Contract:
// 1. A segment goes to the connection of its two endpoints, else, if it is a SYN alone, to the
//    listener on its destination, else to one on "any" with its port, else it is dropped as
//    no_socket and answered with RST (RFC 9293 §3.10.7.1) unless the host is silent.
// 2. After each call of a connection its events are told and its segments sent until there are no
//    more, and its one timer is armed. What a program does while it is told counts as such a call.
// 3. A connection that its program has left lives on until it is CLOSED, TIME-WAIT included.
// 4. "tcp.connected", "tcp.ended" and "tcp.timeout" are told in the event stream by the host.
class TcpStack : private core::Actor {
 public:
  explicit TcpStack(Host& host);
  ~TcpStack() override;

  // Both fail if the address is not the host's, or the endpoint is taken. The acceptor and the
  // receiver must outlive what they are given to.
  Result<std::unique_ptr<TcpListener>> listen(const TcpBinding& binding, TcpAcceptor& acceptor);
  // Sends the SYN at once. Fails also if there is no address to reach `remote` from, or if there is
  // such a connection already.
  Result<std::unique_ptr<TcpSocket>> connect(const TcpBinding& binding, const Endpoint& remote,
                                             TcpReceiver& receiver);

  // Whether segments to nobody are left without an answer, as by a host with a packet filter.
  void set_silent(bool silent) { silent_ = silent; }

  // For the host: a TCP packet with right checksums has come to one of its addresses.
  void receive(const Packet& packet);
  // An ICMP error in `packet` about a TCP segment of this host. False if there is no such
  // connection.
  bool receive_error(const Packet& packet, const IcmpErrorView& error);

 private:
  friend class TcpListener;
  friend class TcpSocket;

  using Ends = std::pair<Endpoint, Endpoint>;  // local, remote
  struct Entry {
    TcpControlBlock* block;
    std::unique_ptr<TcpControlBlock> owned;  // null while a program's socket has it
  };
  // Who holds a local port, for deciding whether another may: listeners and opened connections, not
  // accepted ones.
  struct Holder {
    IpAddress address;
    TcpSharing sharing;
  };

  void on_timer(core::Timer& timer) override;
  void drain(TcpControlBlock& block);
  void tell(TcpControlBlock& block, TcpEvent event);
  void send(const Endpoint& local, const Endpoint& remote, const TcpSegment& segment);
  void answer_with_reset(const Packet& packet, const TcpSegment& segment);
  void accept(TcpListener& listener, const Packet& packet, const TcpSegment& syn);
  void hand_over(TcpControlBlock& block);
  void release(std::unique_ptr<TcpControlBlock> block);
  void forget(TcpControlBlock& block);
  void close(TcpListener& listener);
  [[nodiscard]] TcpListener* find_listener(const Endpoint& local) const;
  [[nodiscard]] Result<Endpoint> choose_port(const Endpoint& local, const Endpoint& remote,
                                             TcpSharing sharing);
  [[nodiscard]] bool may_hold(const Endpoint& local, TcpSharing sharing) const;
  void release_port(const Endpoint& local);
  std::unique_ptr<TcpControlBlock> make_block(const Endpoint& local, const Endpoint& remote,
                                              const TcpOptions& options);

  Host& host_;
  Random random_;  // initial sequence numbers and ports
  bool silent_ = false;
  absl::flat_hash_map<Ends, Entry> connections_;                     // never walked
  absl::flat_hash_map<Endpoint, TcpListener*> listeners_;            // never walked
  absl::flat_hash_map<std::uint16_t, std::vector<Holder>> holders_;  // by port; never walked
};

}  // namespace natsim::net
