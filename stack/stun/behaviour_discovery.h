// Finds out how the NAT in the way behaves, by the tests of RFC 5780 §4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/random.h"
#include "stack/stun/discovery_probes.h"
#include "stack/stun/lifetime_search.h"

namespace natsim::stun {

// RFC 4787 §4.1's kinds of mapping, as far as a test can tell.
enum class MappingBehaviour : std::uint8_t {
  cannot_tell,  // not tested, or the server did not play its part
  no_translation,
  endpoint_independent,
  address_dependent,
  address_and_port_dependent,
};

// RFC 4787 §5's kinds of filtering, of a NAT or of a firewall without translation.
enum class FilteringBehaviour : std::uint8_t {
  cannot_tell,
  endpoint_independent,
  address_dependent,
  address_and_port_dependent,
};

enum class HairpinBehaviour : std::uint8_t { cannot_tell, absent, present };

std::string to_string(MappingBehaviour behaviour);
std::string to_string(FilteringBehaviour behaviour);
std::string to_string(HairpinBehaviour behaviour);

struct BehaviourReport {
  bool udp_blocked = false;        // the server never answered; nothing else is known then
  std::optional<Endpoint> mapped;  // the first mapped address that was seen
  bool payload_rewritten = false;  // a gateway changes addresses in payloads (RFC 5780 §3.6)
  MappingBehaviour mapping = MappingBehaviour::cannot_tell;
  FilteringBehaviour filtering = FilteringBehaviour::cannot_tell;
  HairpinBehaviour hairpin = HairpinBehaviour::cannot_tell;
  BindingLifetime lifetime;  // both unset: cannot tell
};

// The client. It asks for sockets by small numbers and gives each test that leaves or needs state
// in the NAT sockets of its own: filtering measured on the socket of the mapping tests, for one,
// would find the filter opened by them.
//
// Contract (beside that of stack/base/machine.h):
// 1. `poll_socket()`, drained beside `poll_transmit()`, names a socket that is needed. The host
//    binds it to a fresh port (one unused for longer than any binding lives) and to an address, not
//    to "any", and says so with `socket_opened`. All may be closed when there is a report.
// 2. The tests run one after another, so that none disturbs another's bindings: mapping, filtering,
//    hairpinning, lifetime. One that ends in silence takes `timers.total()`.
// 3. `report()` gives the result once all is done; from then on the machine is idle.
class BehaviourDiscovery {
 public:
  struct Options {
    Endpoint server;        // A1:P1
    bool mapping = true;    // RFC 5780 §4.3
    bool filtering = true;  // RFC 5780 §4.4
    bool hairpin = true;    // RFC 5780 §4.5
    bool lifetime = false;  // RFC 5780 §4.6; takes several times `longest_lifetime`
    // The lifetime is sought between nothing and `longest_lifetime`, until it is known to within
    // `lifetime_resolution`. Both are positive.
    Duration longest_lifetime = seconds(600);
    Duration lifetime_resolution = seconds(5);
    TransactionTimers timers = {};
    // For the requests whose silence is what a lifetime test measures. Short, since an answer to a
    // late retransmission vouches for a later instant than was meant.
    TransactionTimers lifetime_timers = {.rc = 3, .rm = 2};
  };

  BehaviourDiscovery(const Options& options, Random random, Time now);

  std::optional<int> poll_socket() { return probes_.poll_socket(); }
  void socket_opened(int socket, const Endpoint& local, Time now) {
    probes_.socket_opened(socket, local, now);
  }
  void receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit() { return probes_.poll_transmit(); }

  // nullptr until the end.
  [[nodiscard]] const BehaviourReport* report() const {
    return step_ == Step::done ? &report_ : nullptr;
  }

 private:
  // In the order of the tests; where there is a number it is RFC 5780's.
  enum class Step : std::uint8_t {
    mapping_1,       // connectivity (§4.2) as well
    mapping_2,       // the alternate address
    mapping_3,       // the alternate address and port
    filtering_1,     // as mapping_1, on another socket
    filtering_2,     // an answer from the alternate address and port
    filtering_3,     // an answer from the alternate port
    hairpin_target,  // the mapped address of one socket
    hairpin_source,  // that of another
    hairpin_probe,   // a request from the other to the one
    lifetime_arm,    // a fresh binding
    lifetime_wait,   // which nothing uses
    lifetime_probe,  // an answer sent to it, asked for from another socket
    done,
  };

  void enter(Step step, Time now);
  void enter_mapping_end(Time now);
  void enter_filtering_end(Time now);
  void enter_lifetime_round(Time now);
  void ask(int socket, const Endpoint& remote, Time now, ChangeRequest change = {});
  void conclude(const BindingProbe& probe, Time now);
  void conclude_mapping(const BindingProbe& probe, Time now);
  void conclude_filtering(const BindingProbe& probe, Time now);
  void conclude_hairpin(const BindingProbe& probe, Time now);
  void conclude_lifetime(const BindingProbe& probe, Time now);

  Options options_;
  DiscoveryProbes probes_;
  Step step_ = Step::mapping_1;
  std::optional<Endpoint> other_;  // A2:P2, when the server has one that differs in both
  Endpoint last_mapped_;           // by the step before
  Endpoint hairpin_target_;        // where hairpin_probe is sent
  LifetimeSearch search_;
  int armed_socket_;                 // of the binding whose life is measured
  Time wait_until_ = Time::never();  // end of lifetime_wait
  Duration waited_;                  // how long lifetime_wait takes
  std::uint16_t armed_port_ = 0;     // mapped port of that binding
  BehaviourReport report_;           // as far as is known
};

}  // namespace natsim::stun
