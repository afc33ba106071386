// Lua's patterns, matched so that the work counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/script/lua.h"

namespace natsim::script {

// Matches the patterns of the Lua 5.4 reference manual (§6.4.1) against a subject. Stock Lua's
// matcher backtracks inside C, where no limit on instructions reaches: a pattern such as "a*a*a*b"
// can keep it busy for ever. This one charges its steps to the script. Character classes are those
// of ASCII, whatever the locale. What is wrong with a pattern is raised as stock Lua words it.
class PatternMatch {
 public:
  // Both texts must outlive it. `pattern` is without a leading anchor.
  PatternMatch(lua_State* lua, std::string_view subject, std::string_view pattern)
      : lua_(lua), subject_(subject), pattern_(pattern) {}

  // Matches at `start`, forgetting the captures of the call before. Gives where the match ends;
  // nullopt if there is none.
  std::optional<std::size_t> at(std::size_t start);

  // How many captures the pattern has.
  [[nodiscard]] int captures() const { return captures_; }
  // Pushes capture `index`, from 0. The whole match, from `start` to `end`, stands for capture 0 of
  // a pattern without any.
  void push_capture(int index, std::size_t start, std::size_t end) const;
  // Pushes all captures, or the whole match if there are none; gives how many that were.
  int push_captures(std::size_t start, std::size_t end) const;

 private:
  static constexpr int most_captures = 32;
  static constexpr int deepest = 200;  // nested calls of match

  using Position = std::optional<std::size_t>;

  struct Capture {
    static constexpr std::ptrdiff_t open = -1;      // its end has not been met
    static constexpr std::ptrdiff_t position = -2;  // "()": where it stands

    std::size_t start = 0;
    std::ptrdiff_t length = open;
  };

  Position match(std::size_t s, std::size_t p);
  Position match_longest(std::size_t s, std::size_t p, std::size_t item_end);
  Position match_shortest(std::size_t s, std::size_t p, std::size_t item_end);
  Position match_balanced(std::size_t s, std::size_t p);
  Position open_capture(std::size_t s, std::size_t p, std::ptrdiff_t length);
  Position close_capture(std::size_t s, std::size_t p);
  Position match_again(std::size_t s, char digit);
  [[nodiscard]] bool frontier(std::size_t s, std::size_t p, std::size_t set_end) const;
  // Where the single-character item at `p` ends.
  [[nodiscard]] std::size_t item_end(std::size_t p) const;
  [[nodiscard]] bool fits(std::size_t s, std::size_t p, std::size_t item_end);
  [[nodiscard]] bool in_set(unsigned char c, std::size_t p, std::size_t set_end) const;
  [[nodiscard]] unsigned char subject_at(std::size_t s) const {
    return s < subject_.size() ? static_cast<unsigned char>(subject_[s]) : 0;
  }
  void count();

  lua_State* lua_;
  std::string_view subject_;
  std::string_view pattern_;
  std::array<Capture, most_captures> capture_;
  int captures_ = 0;
  int depth_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace natsim::script
