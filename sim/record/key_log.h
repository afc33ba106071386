// The keys of a run's DTLS associations and TLS connections, for programs that decrypt its capture.
#pragma once

#include <iosfwd>
#include <optional>
#include <string_view>

#include "sim/core/event.h"

namespace natsim::record {

// The line that an event gives for a key log; nullopt if it is of another kind.
std::optional<std::string_view> key_log_line(const core::AgentEvent& event);

// Writes the lines in the format of NSS ("CLIENT_RANDOM …"), each as its connection has its keys.
// Both ends tell theirs, so that most lines come twice.
class KeyLog : public core::EventListener {
 public:
  // `out` must outlive it; whether all could be written is the stream's state.
  explicit KeyLog(std::ostream& out) : out_(out) {}

  [[nodiscard]] bool reads_notes() const override { return false; }
  void on_agent(const core::AgentEvent& event) override;

 private:
  std::ostream& out_;
};

}  // namespace natsim::record
