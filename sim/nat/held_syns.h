// SYNs from outside that wait for what the inside host does (RFC 5382 REQ-4, RFC 6092 REC-34).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "sim/core/drop_reason.h"
#include "sim/net/packet.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

class HeldSyns {
 public:
  // How long one waits, and how many may.
  static constexpr Duration patience = seconds(6);
  static constexpr std::size_t capacity = 1024;

  enum class Outcome : std::uint8_t {
    held,
    repeated,  // another SYN of the connection waits already; the packet is the caller's still
    no_room,   // the packet is the caller's still
  };
  // Keeps a SYN that was not let in for `reason`.
  Outcome hold(net::PacketPtr& packet, core::DropReason reason, Time now);

  struct Held {
    net::PacketPtr packet;
    core::DropReason reason = core::DropReason::none;  // why it was not let in
  };
  // The SYN that `outbound` ends the wait of, being a SYN, or the answer to one, between the same
  // endpoints; null if there is none. As both are seen outside.
  Held withdraw(const net::Packet& outbound);
  // The first whose time is over by `now`; null if there is none.
  Held take_due(Time now);
  // When that of the first is; Time::never() if none waits.
  [[nodiscard]] Time next_deadline() const {
    return queue_.empty() ? Time::never() : queue_.front().deadline;
  }
  [[nodiscard]] bool empty() const { return held_.empty(); }

 private:
  struct Connection {
    Endpoint external;
    Endpoint remote;
    bool operator==(const Connection&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Connection& c) {
      return H::combine(std::move(h), c.external, c.remote);
    }
  };
  struct Waiting {
    Time deadline;
    Connection connection;
    std::uint64_t number;  // of its Entry; another one is another SYN of the same connection
  };
  struct Entry {
    Held held;
    std::uint64_t number;
  };

  void skip_withdrawn();

  absl::flat_hash_map<Connection, Entry> held_;
  std::deque<Waiting> queue_;  // by deadline; its first one was not withdrawn
  std::uint64_t count_ = 0;    // that were ever held
};

}  // namespace natsim::nat
