// What happened, a line an event, for people: `natsim run --timeline`.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event.h"
#include "sim/net/network.h"
#include "sim/record/ladder.h"

namespace natsim::record {

struct TimelineOptions {
  // Columns of the terminal, to which texts are wrapped, though never to fewer than 40 columns
  // beside the ladder; 0 never wraps.
  int width = 0;
  bool colour = false;  // ANSI colours, for a terminal
};

// Prints a ladder diagram as the world runs: a lane for each host and NAT, time going down.
//
// Contract:
// 1. The lanes are laid out at the first event that is not the scenario's own; a node that is added
//    later is named in the text. With more nodes than a ladder is readable for, max_lanes, there
//    are no lanes, and a line names the nodes instead.
// 2. A packet is an arrow each time that it arrives at a node of the ladder, at the time of its
//    arrival; routers are part of the way. A packet that dies on the way is an arrow that ends in a
//    cross, at the time of its death.
// 3. What a NAT does (translations, mappings made and ended) stands in its lane, what an agent
//    does in its host's. Refreshed mappings and retransmission timers are not told.
class Timeline : public core::EventListener {
 public:
  // More lanes than these leave no room for the arrows.
  static constexpr std::size_t max_lanes = 7;

  // Both references must outlive the timeline.
  Timeline(const net::Network& network, std::ostream& out, TimelineOptions options = {});
  ~Timeline() override;

  void on_packet(const core::PacketEvent& event) override;
  void on_mapping(const core::MappingEvent& event) override;
  void on_agent(const core::AgentEvent& event) override;

 private:
  struct Line;

  void start();
  void arrival(const core::PacketEvent& event, const net::Node& node);
  void death(const core::PacketEvent& event);
  void print(const Line& line);
  [[nodiscard]] std::string picture_of(const Line& line) const;
  [[nodiscard]] std::optional<std::size_t> lane_of(core::ObjectId node) const;
  // The lane in whose direction a packet from `from` to `destination` goes.
  [[nodiscard]] std::size_t direction(core::ObjectId from, const IpAddress& destination) const;

  const net::Network& network_;
  std::ostream& out_;
  TimelineOptions options_;
  bool started_ = false;                 // the lanes are laid out
  std::vector<const net::Node*> lanes_;  // none if there are too many nodes for a ladder
  std::unique_ptr<Ladder> ladder_;       // null likewise
  // The host or NAT that a packet on its way was at last.
  absl::flat_hash_map<core::PacketId, core::ObjectId> left_;
};

}  // namespace natsim::record
