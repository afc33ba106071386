#include "tools/suite/text_diff.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace natsim::suite {
namespace {

constexpr std::size_t around = 3;

struct Line {
  char mark;
  std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// By a longest common subsequence: every line of both, once.
std::vector<Line> merge(const std::vector<std::string_view>& a,
                        const std::vector<std::string_view>& b) {
  // By the rests from line i of `a` and line j of `b`: how many lines they have in common.
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> common((a.size() + 1) * width);
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      common[i * width + j] =
          a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                       : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  std::vector<Line> merged;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      merged.push_back({' ', a[i++]});
      ++j;
    } else if (i < a.size() &&
               (j == b.size() || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      merged.push_back({'-', a[i++]});
    } else {
      merged.push_back({'+', b[j++]});
    }
  }
  return merged;
}

}  // namespace

std::string text_diff(std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<Line> merged = merge(lines_of(before), lines_of(after));
  std::vector<bool> shown(merged.size());
  for (std::size_t i = 0; i < merged.size(); ++i) {
    if (merged[i].mark == ' ') continue;
    const std::size_t first = i - std::min(i, around);
    const std::size_t last = std::min(i + around + 1, merged.size());
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(first),
              shown.begin() + static_cast<std::ptrdiff_t>(last), true);
  }
  std::string text;
  for (std::size_t i = 0; i < merged.size(); ++i) {
    if (!shown[i]) {
      if (i == 0 || shown[i - 1]) text += "...\n";
      continue;
    }
    text += merged[i].mark;
    text += merged[i].text;
    text += '\n';
  }
  return text;
}

}  // namespace natsim::suite
