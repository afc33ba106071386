#include "sim/script/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace natsim::script {
namespace {

// The restricted Damerau-Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view given, std::span<const std::string_view> names) {
  constexpr std::size_t longest_compared = 64;  // beyond it nobody mistypes, and time would grow
  if (given.size() > longest_compared) return {};
  std::string_view best;
  std::size_t best_distance = 0;
  for (const std::string_view name : names) {
    if (name.size() > longest_compared) continue;
    const std::size_t distance = edit_distance(given, name);
    if (distance > std::max<std::size_t>(1, std::max(given.size(), name.size()) / 3)) continue;
    if (best.empty() || distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view given, std::span<const std::string_view> names) {
  if (names.empty()) return "";
  if (const std::string_view near = nearest(given, names); !near.empty()) {
    return fmt::format("; did you mean '{}'?", near);
  }
  std::string text = names.size() == 1 ? "; expected " : "; expected one of ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += ", ";
    text += fmt::format("'{}'", names[i]);
  }
  return text;
}

}  // namespace natsim::script
