// Putting a host's fragmented datagrams together again.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/core/drop_reason.h"
#include "sim/net/packet.h"
#include "stack/base/time.h"

namespace natsim::net {

struct ReassemblyOptions {
  // From a datagram's first fragment to arrive until it is given up; RFC 1122 §3.3.2 asks for 60 to
  // 120 s, systems take 30 s. Greater than zero.
  Duration timeout = seconds(30);
  // Of all fragments that wait; beyond it the datagram that has waited longest is given up.
  std::uint64_t max_bytes = 4'000'000;
};

// Contract:
// 1. Fragments belong together if source, destination, protocol and identification are the same
//    (RFC 791 §3.2, RFC 8200 §4.5); they may come in any order.
// 2. `add` gives the whole datagram once its last missing fragment is there. An exact duplicate is
//    dropped alone. Where fragments overlap, or reach beyond their end, all of them are dropped
//    (RFC 8200 §4.5, which is good for IPv4 as well).
// 3. What is given up is handed to `drop`, fragment by fragment.
class DatagramReassembly {
 public:
  using Drop = std::function<void(const Packet& fragment, core::DropReason reason)>;

  DatagramReassembly(PacketPool& pool, const ReassemblyOptions& options, Drop drop)
      : pool_(pool), options_(options), drop_(std::move(drop)) {}

  // Null while fragments are missing. Precondition: is_fragment().
  PacketPtr add(PacketPtr fragment, Time now);
  // Gives up what is due.
  void expire(Time now);
  [[nodiscard]] Time next_expiry() const;
  [[nodiscard]] const ReassemblyOptions& options() const { return options_; }
  // Applies to fragments that come from now on.
  void set_options(const ReassemblyOptions& options) { options_ = options; }

 private:
  // A datagram of which fragments are missing.
  struct Partial {
    Time expires;
    std::vector<PacketPtr> fragments;  // by offset, without overlaps
    std::uint64_t bytes = 0;           // of the fragments with their headers
  };

  [[nodiscard]] std::vector<Partial>::iterator find(const Packet& fragment);
  void give_up(std::vector<Partial>::iterator partial, core::DropReason reason);
  PacketPtr join(const Partial& partial);

  PacketPool& pool_;
  ReassemblyOptions options_;
  Drop drop_;
  std::vector<Partial> partials_;  // in the order in which they began
  std::uint64_t bytes_ = 0;        // of all of them
};

}  // namespace natsim::net
