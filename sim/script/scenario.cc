#include "sim/script/scenario.h"

#include <fmt/format.h>

namespace natsim::script {

std::string to_string(const Location& location) {
  return fmt::format("{}:{}", location.file, location.line);
}

std::string to_string(const ReportedValue& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using Held = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, bool>) return held ? "true" : "false";
        if constexpr (std::is_same_v<Held, Duration>)
          return natsim::to_string(held);
        else
          return fmt::format("{}", held);
      },
      value);
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::error:
      return "error";
  }
  return "";
}

}  // namespace natsim::script
