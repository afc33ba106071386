// Why did it not connect? `natsim explain`.
#pragma once

#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/core/event.h"
#include "sim/core/world.h"

namespace natsim::record {

// Collects what a world does and afterwards tells, for each ICE candidate pair that failed, what
// was sent, which packet died on which box and why, what the NAT's table held, and the smallest
// change that would have let it through; and every packet that was dropped, by place and reason.
//
// Contract:
// 1. It listens from before the first event. It keeps the STUN packets' stories, the NATs' tables
//    and the agents' pairs, not the other packets. Of a program's agent it knows what its packets
//    tell (see heard_agents).
// 2. The reports may be asked for at any time, also when the world is gone. They are sentences
//    about the recorded events alone: the same run gives the same text.
class Explainer : public core::EventListener {
 public:
  explicit Explainer(const core::World& world);
  ~Explainer() override;

  // Of what is dropped it reads them.
  [[nodiscard]] bool reads_notes() const override { return false; }

  // The whole report, several lines, without colours. Never empty: it also says that nothing
  // failed.
  [[nodiscard]] std::string text() const;
  // The same as data:
  //   {"pairs": [{"agent", "pair", "local", "local_type", "remote", "remote_type", "remote_agent",
  //               "state", "reason", "story": [sentence…], "changes": [clause…]}…],
  //    "agents": [{"agent", "state", "selected", "notes": [sentence…]}…],
  //    "drops": [{"place", "reason", "count", "first", "last", "example", "note",
  //               "changes": [clause…]}…]}
  // Times are seconds; addresses are texts; "changes" each would have let the packet through.
  [[nodiscard]] nlohmann::ordered_json to_json() const;
  // One or two sentences on why no pair was selected; empty if one was or there is no ICE agent.
  [[nodiscard]] std::string why_not_connected() const;
  // One or two sentences on what may have made a run fail: why no pair was selected or, where there
  // is no ICE agent, what most packets died of that were not lost on links. May be empty.
  [[nodiscard]] std::string why_failed() const;

  void on_packet(const core::PacketEvent& event) override;
  void on_mapping(const core::MappingEvent& event) override;
  void on_agent(const core::AgentEvent& event) override;

 private:
  struct Histories;

  std::unique_ptr<Histories> histories_;  // apart, so that this header stays light to include
};

}  // namespace natsim::record
