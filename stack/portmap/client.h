// One port mapping that a host asks its gateway for, by NAT-PMP (RFC 6886) or PCP (RFC 6887).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/portmap/gateway.h"
#include "stack/portmap/nat_pmp_message.h"
#include "stack/portmap/pcp_message.h"

namespace natsim::portmap {

enum class ClientProtocol : std::uint8_t { nat_pmp, pcp };

struct ClientOptions {
  ClientProtocol protocol = ClientProtocol::pcp;
  Endpoint gateway;  // with its port
  MapProtocol transport = MapProtocol::udp;
  std::uint16_t internal_port = 0;  // not 0
  std::uint16_t external_port = 0;  // suggested; 0: none
  bool prefer_failure = false;      // of PCP: rather none than one on another port
  // Of PCP and UDP: asks for no mapping for everybody, but that the one by which the host sends
  // there is kept (PEER).
  std::optional<Endpoint> peer;
  // What is asked for; RFC 6886 §3.3 recommends 2 h. Whole seconds, at least one.
  Duration lifetime = seconds(7200);
};

// Contract (beside that of stack/base/machine.h):
// 1. It asks at once. NAT-PMP sends nine times in all, first after 250 ms and then after twice as
//    long each time, and gives up 64 s after the last (RFC 6886 §3.1); it asks for the external
//    address first and for the mapping then. PCP sends after 3 s and then after twice as long each
//    time, up to 1024 s, each wait by up to 10 % shorter or longer, without end (RFC 6887 §8.1.1).
// 2. It renews at half of the lifetime, again at three quarters, at seven eighths and so on down to
// 4
//    s before the end; PCP later by a random part of a quarter of the rest (RFC 6887 §11.2.1).
//    What is not renewed by its end is lost, which is a failure.
// 3. `remove` asks for the end of the mapping, and asks again as often as above. One that is kept
//    for a peer cannot be ended (RFC 6887 §12.1): it is renewed no more.
// 4. Answers count only if they come from the gateway and match the request; of PCP, by the nonce.
class Client {
 public:
  enum class State : std::uint8_t { requesting, mapped, failed, removing, removed };

  // `local` is the socket that it speaks by, with the host's address as the gateway sees it.
  Client(const ClientOptions& options, const Endpoint& local, const Random& random, Time now);

  void receive(const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const { return deadline_; }
  std::optional<Transmit> poll_transmit();
  // True once after each change of state, and after each renewal.
  bool poll_change();

  void remove(Time now);

  [[nodiscard]] State state() const { return state_; }
  // As the gateway told it. The rest is meaningful while mapped.
  [[nodiscard]] const Endpoint& external() const { return external_; }
  [[nodiscard]] Duration lifetime() const { return lifetime_; }  // as granted
  [[nodiscard]] Time expires() const { return expires_; }
  [[nodiscard]] std::uint32_t renewals() const { return renewals_; }
  // How often an epoch told that the gateway had lost its state (RFC 6886 §3.6, RFC 6887 §8.5).
  [[nodiscard]] std::uint32_t gateway_restarts() const { return gateway_restarts_; }
  // Why it failed.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void begin(Time now);
  void send(Time now);
  void follow_epoch(std::uint32_t epoch, Time now);
  void take_nat_pmp(const NatPmpResponse& response, Time now);
  void take_pcp(const PcpResponse& response, Time now);
  void granted(const Endpoint& external, std::uint32_t lifetime, Time now);
  void plan_renewal(Time now);
  void fail(std::string reason);
  [[nodiscard]] Bytes request() const;

  ClientOptions options_;
  Endpoint local_;
  Random random_;
  PcpNonce nonce_{};
  State state_ = State::requesting;
  bool awaiting_ = false;       // an answer to what was sent
  bool knows_address_ = false;  // of NAT-PMP: the external address
  bool due_ = false;            // a transmission is to be given out
  bool changed_ = false;
  int sends_ = 0;      // of the request under way
  Duration interval_;  // to its next transmission
  Time deadline_ = Time::never();
  Endpoint external_;
  Duration lifetime_;
  Time expires_ = Time::never();
  Time granted_at_;
  int renewal_tries_ = 0;  // since the mapping was granted
  std::uint32_t renewals_ = 0;
  std::uint32_t gateway_restarts_ = 0;
  std::optional<std::uint32_t> last_epoch_;
  Time last_epoch_at_;
  std::string failure_;
};

std::string_view to_string(Client::State state);

}  // namespace natsim::portmap
