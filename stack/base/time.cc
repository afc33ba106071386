#include "stack/base/time.h"

#include <fmt/format.h>

namespace natsim {

std::string to_string(Duration duration) {
  struct Unit {
    std::int64_t ns;
    const char* name;
  };
  constexpr Unit units[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}};
  if (duration.ns == 0) return "0s";
  const bool negative = duration.ns < 0;
  // Unsigned, because the most negative value has no positive counterpart.
  const std::uint64_t magnitude = negative ? ~static_cast<std::uint64_t>(duration.ns) + 1
                                           : static_cast<std::uint64_t>(duration.ns);
  for (const auto& unit : units) {
    const auto size = static_cast<std::uint64_t>(unit.ns);
    if (magnitude < size) continue;
    std::string text = fmt::format("{}{}", negative ? "-" : "", magnitude / size);
    if (std::uint64_t rest = magnitude % size; rest != 0) {
      std::string digits;
      for (std::uint64_t place = size / 10; place != 0 && rest != 0; place /= 10) {
        digits += static_cast<char>('0' + rest / place);
        rest %= place;
      }
      text += "." + digits;
    }
    return text + unit.name;
  }
  return "0s";
}

std::string to_string(Time time) {
  if (time.is_never()) return "never";
  const std::int64_t us = time.ns / 1'000;
  return fmt::format("{}.{:06}s", us / 1'000'000, us % 1'000'000);
}

}  // namespace natsim
