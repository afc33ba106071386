#include "sim/script/scenario.h"

#include <charconv>

#include <fmt/format.h>

namespace natsim::script {

std::string to_string(const Location& location) {
  return fmt::format("{}:{}", location.file, location.line);
}

LocatedError located(std::string_view error, std::string_view path) {
  const std::size_t end = error.find(": ");
  const std::string_view place = error.substr(0, end);
  if (end == std::string_view::npos) return {{std::string(path), 0}, std::string(error)};
  const std::string message(error.substr(end + 2));
  if (place == path) return {{std::string(path), 0}, message};
  const std::size_t colon = place.rfind(':');
  int line = 0;
  if (colon != std::string_view::npos) {
    const char* const digits = place.data() + colon + 1;
    const char* const after = place.data() + place.size();
    const auto result = std::from_chars(digits, after, line);
    if (result.ec == std::errc() && result.ptr == after) {
      return {{std::string(place.substr(0, colon)), line}, message};
    }
  }
  return {{std::string(path), 0}, std::string(error)};
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
