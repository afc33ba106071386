// The classification of RFC 3489 §10.1: obsolete, and still what many tools print.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/random.h"
#include "stack/stun/discovery_probes.h"

namespace natsim::stun {

enum class ClassicNatType : std::uint8_t {
  cannot_tell,  // the server does not play its part
  blocked,
  open_internet,
  symmetric_firewall,
  full_cone,
  restricted_cone,
  port_restricted_cone,
  symmetric,
};

std::string to_string(ClassicNatType type);

// Walks the decision tree against a server with behaviour discovery, all on one socket, number 0,
// as RFC 3489 does. The tree cannot express address-dependent mapping, and it calls any NAT with
// endpoint-independent filtering a full cone, however it maps: the answer to test II ends the walk
// before the second server is asked. BehaviourDiscovery does better.
//
// The contract is that of BehaviourDiscovery, with `type()` for the report.
class ClassicDiscovery {
 public:
  // `server` is A1:P1.
  ClassicDiscovery(const Endpoint& server, const TransactionTimers& timers, Random random,
                   Time now);

  std::optional<int> poll_socket() { return probes_.poll_socket(); }
  void socket_opened(int socket, const Endpoint& local, Time now) {
    probes_.socket_opened(socket, local, now);
  }
  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const { return probes_.next_timeout(); }
  std::optional<Transmit> poll_transmit() { return probes_.poll_transmit(); }

  // nullopt until the end.
  [[nodiscard]] std::optional<ClassicNatType> type() const { return type_; }

 private:
  enum class Test : std::uint8_t { one, two, one_again, three };

  void begin(Test test, Time now);
  void conclude(const BindingProbe& probe, Time now);

  Endpoint server_;
  TransactionTimers timers_;
  DiscoveryProbes probes_;
  Test test_ = Test::one;
  Endpoint mapped_;  // by test I
  Endpoint other_;   // the server's other address, which test I tells
  std::optional<ClassicNatType> type_;
};

}  // namespace natsim::stun
