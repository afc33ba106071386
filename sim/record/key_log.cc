#include "sim/record/key_log.h"

#include <ostream>
#include <variant>

namespace natsim::record {

std::optional<std::string_view> key_log_line(const core::AgentEvent& event) {
  if (event.kind != "dtls.key" && event.kind != "tls.key") return std::nullopt;
  return std::get<std::string_view>(event.fields.front().value);
}

void KeyLog::on_agent(const core::AgentEvent& event) {
  if (const auto line = key_log_line(event)) out_ << *line << '\n' << std::flush;
}

}  // namespace natsim::record
