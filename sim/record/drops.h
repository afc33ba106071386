// The packets that died, by place and reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event.h"
#include "sim/core/event_stream.h"
#include "sim/core/world.h"

namespace natsim::record {

struct ReasonCount {
  core::DropReason reason = core::DropReason::none;
  std::uint64_t count = 0;
};

// A world's dropped packets by reason, most frequent first. Needs no listener.
std::vector<ReasonCount> drops_by_reason(const core::EventStream& events);
// "nat_filtered_port 14, random_loss 2"; "none" if nothing was dropped.
std::string to_string(const std::vector<ReasonCount>& drops);

// Packets that died at one place for one reason.
struct Drops {
  core::ObjectId where = 0;
  std::string place;  // its name: a node, "the link from alice to alice.nat" …
  core::DropReason reason = core::DropReason::none;
  std::uint64_t count = 0;
  Time first;
  Time last;
  // Of the first of them:
  Endpoint source;
  Endpoint destination;
  std::string note;
};

// Counts drops by place and reason.
class DropLedger : public core::EventListener {
 public:
  explicit DropLedger(const core::World& world) : world_(world) {}

  void on_packet(const core::PacketEvent& event) override;

  // In the order of their first drops.
  [[nodiscard]] const std::vector<Drops>& drops() const { return drops_; }

 private:
  const core::World& world_;
  std::vector<Drops> drops_;
  // The index in drops_, by place (upper 32 bits) and reason.
  absl::flat_hash_map<std::uint64_t, std::size_t> index_;
};

}  // namespace natsim::record
