#include "sim/script/pattern_match.h"

#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"

namespace natsim::script {
namespace {

bool between(unsigned char c, char low, char high) {
  return static_cast<unsigned char>(low) <= c && c <= static_cast<unsigned char>(high);
}
bool is_letter(unsigned char c) { return between(c, 'a', 'z') || between(c, 'A', 'Z'); }
bool is_printable(unsigned char c) { return between(c, ' ', '~'); }

// Whether `c` is of the class that is written "%" and `name`.
bool in_class(unsigned char c, char name) {
  const bool negated = between(static_cast<unsigned char>(name), 'A', 'Z');
  const char lower = negated ? static_cast<char>(name - 'A' + 'a') : name;
  bool in;
  switch (lower) {
    case 'a':
      in = is_letter(c);
      break;
    case 'c':
      in = c < ' ' || c == 127;
      break;
    case 'd':
      in = between(c, '0', '9');
      break;
    case 'g':
      in = is_printable(c) && c != ' ';
      break;
    case 'l':
      in = between(c, 'a', 'z');
      break;
    case 'p':
      in = is_printable(c) && c != ' ' && !is_letter(c) && !between(c, '0', '9');
      break;
    case 's':
      in = c == ' ' || between(c, '\t', '\r');
      break;
    case 'u':
      in = between(c, 'A', 'Z');
      break;
    case 'w':
      in = is_letter(c) || between(c, '0', '9');
      break;
    case 'x':
      in = between(c, '0', '9') || between(c, 'a', 'f') || between(c, 'A', 'F');
      break;
    case 'z':  // of Lua 5.1, and still known
      in = c == 0;
      break;
    default:
      return static_cast<unsigned char>(name) == c;
  }
  return in != negated;
}

}  // namespace

void PatternMatch::count() {
  constexpr std::uint64_t in_one_go = 256;
  if (++steps_ % in_one_go == 0) Sandbox::of(lua_).charge_instructions(lua_, in_one_go);
}

PatternMatch::Position PatternMatch::at(std::size_t start) {
  captures_ = 0;
  depth_ = 0;
  return match(start, 0);
}

PatternMatch::Position PatternMatch::match(std::size_t s, std::size_t p) {
  if (++depth_ > deepest) raise(lua_, "pattern too complex");
  Position end = s;
  while (p < pattern_.size()) {
    count();
    const char c = pattern_[p];
    const char next = p + 1 < pattern_.size() ? pattern_[p + 1] : '\0';
    if (c == '(') {
      end = next == ')' ? open_capture(s, p + 2, Capture::position)
                        : open_capture(s, p + 1, Capture::open);
      break;
    }
    if (c == ')') {
      end = close_capture(s, p + 1);
      break;
    }
    if (c == '$' && p + 1 == pattern_.size()) {
      end = s == subject_.size() ? Position(s) : std::nullopt;
      break;
    }
    if (c == '%' && next == 'b') {
      end = match_balanced(s, p + 2);
      if (!end) break;
      s = *end;
      p += 4;
      continue;
    }
    if (c == '%' && next == 'f') {
      p += 2;
      if (p >= pattern_.size() || pattern_[p] != '[') {
        raise(lua_, "missing '[' after '%f' in pattern");
      }
      const std::size_t set_end = item_end(p);
      if (!frontier(s, p, set_end)) {
        end = std::nullopt;
        break;
      }
      p = set_end;
      continue;
    }
    if (c == '%' && between(static_cast<unsigned char>(next), '0', '9')) {
      end = match_again(s, next);
      if (!end) break;
      s = *end;
      p += 2;
      continue;
    }
    const std::size_t item = item_end(p);
    const char quantifier = item < pattern_.size() ? pattern_[item] : '\0';
    if (quantifier == '*' || quantifier == '+') {
      end = quantifier == '+' && !fits(s, p, item)
                ? std::nullopt
                : match_longest(quantifier == '+' ? s + 1 : s, p, item);
      break;
    }
    if (quantifier == '-') {
      end = match_shortest(s, p, item);
      break;
    }
    if (quantifier == '?') {
      if (fits(s, p, item)) {
        end = match(s + 1, item + 1);
        if (end) break;
      }
      p = item + 1;
      end = s;
      continue;
    }
    if (!fits(s, p, item)) {
      end = std::nullopt;
      break;
    }
    end = ++s;
    p = item;
  }
  --depth_;
  return end;
}

PatternMatch::Position PatternMatch::match_longest(std::size_t s, std::size_t p,
                                                   std::size_t item_end) {
  std::size_t most = 0;
  while (fits(s + most, p, item_end)) ++most;
  for (std::size_t taken = most + 1; taken-- > 0;) {
    if (const Position end = match(s + taken, item_end + 1)) return end;
  }
  return std::nullopt;
}

PatternMatch::Position PatternMatch::match_shortest(std::size_t s, std::size_t p,
                                                    std::size_t item_end) {
  for (;;) {
    if (const Position end = match(s, item_end + 1)) return end;
    if (!fits(s, p, item_end)) return std::nullopt;
    ++s;
  }
}

PatternMatch::Position PatternMatch::match_balanced(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size()) raise(lua_, "malformed pattern (missing arguments to '%b')");
  const char opening = pattern_[p];
  const char closing = pattern_[p + 1];
  if (s >= subject_.size() || subject_[s] != opening) return std::nullopt;
  std::uint64_t nesting = 1;
  while (++s < subject_.size()) {
    count();
    if (subject_[s] == closing) {
      if (--nesting == 0) return s + 1;
    } else if (subject_[s] == opening) {
      ++nesting;
    }
  }
  return std::nullopt;
}

PatternMatch::Position PatternMatch::open_capture(std::size_t s, std::size_t p,
                                                  std::ptrdiff_t length) {
  if (captures_ >= most_captures) raise(lua_, "too many captures");
  capture_[static_cast<std::size_t>(captures_++)] = {s, length};
  const Position end = match(s, p);
  if (!end) --captures_;
  return end;
}

PatternMatch::Position PatternMatch::close_capture(std::size_t s, std::size_t p) {
  int innermost = captures_ - 1;
  while (innermost >= 0 && capture_[static_cast<std::size_t>(innermost)].length != Capture::open) {
    --innermost;
  }
  if (innermost < 0) raise(lua_, "invalid pattern capture");
  Capture& capture = capture_[static_cast<std::size_t>(innermost)];
  capture.length = static_cast<std::ptrdiff_t>(s - capture.start);
  const Position end = match(s, p);
  if (!end) capture.length = Capture::open;
  return end;
}

PatternMatch::Position PatternMatch::match_again(std::size_t s, char digit) {
  const int index = digit - '1';
  if (index < 0 || index >= captures_ ||
      capture_[static_cast<std::size_t>(index)].length == Capture::open) {
    raise(lua_, "invalid capture index %{}", index + 1);
  }
  const Capture& capture = capture_[static_cast<std::size_t>(index)];
  const auto length = static_cast<std::size_t>(capture.length);
  if (capture.length == Capture::position || subject_.size() - s < length) return std::nullopt;
  Sandbox::of(lua_).charge_instructions(lua_, 1 + length / 64);
  if (subject_.substr(capture.start, length) != subject_.substr(s, length)) return std::nullopt;
  return s + length;
}

bool PatternMatch::frontier(std::size_t s, std::size_t p, std::size_t set_end) const {
  const unsigned char before = s == 0 ? 0 : subject_at(s - 1);
  return !in_set(before, p, set_end) && in_set(subject_at(s), p, set_end);
}

std::size_t PatternMatch::item_end(std::size_t p) const {
  const char c = pattern_[p++];
  if (c == '%') {
    if (p >= pattern_.size()) raise(lua_, "malformed pattern (ends with '%')");
    return p + 1;
  }
  if (c != '[') return p;
  if (p < pattern_.size() && pattern_[p] == '^') ++p;
  do {  // a ']' that stands first is one of the set
    if (p >= pattern_.size()) raise(lua_, "malformed pattern (missing ']')");
    if (pattern_[p++] == '%') ++p;
  } while (p >= pattern_.size() || pattern_[p] != ']');
  return p + 1;
}

bool PatternMatch::fits(std::size_t s, std::size_t p, std::size_t item_end) {
  count();
  if (s >= subject_.size()) return false;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[p]) {
    case '.':
      return true;
    case '%':
      return in_class(c, pattern_[p + 1]);
    case '[':
      return in_set(c, p, item_end);
    default:
      return static_cast<unsigned char>(pattern_[p]) == c;
  }
}

// The set stands from its '[' at `p` to behind its ']' before `set_end`.
bool PatternMatch::in_set(unsigned char c, std::size_t p, std::size_t set_end) const {
  const std::size_t last = set_end - 1;
  bool in = true;
  ++p;
  if (pattern_[p] == '^') {
    in = false;
    ++p;
  }
  for (; p < last; ++p) {
    if (pattern_[p] == '%') {
      ++p;
      if (in_class(c, pattern_[p])) return in;
    } else if (p + 2 < last && pattern_[p + 1] == '-') {
      if (between(c, pattern_[p], pattern_[p + 2])) return in;
      p += 2;
    } else if (static_cast<unsigned char>(pattern_[p]) == c) {
      return in;
    }
  }
  return !in;
}

void PatternMatch::push_capture(int index, std::size_t start, std::size_t end) const {
  if (index >= captures_) {
    if (index > 0) raise(lua_, "invalid capture index %{}", index + 1);
    lua_pushlstring(lua_, subject_.data() + start, end - start);
    return;
  }
  const Capture& capture = capture_[static_cast<std::size_t>(index)];
  if (capture.length == Capture::open) raise(lua_, "unfinished capture");
  if (capture.length == Capture::position) {
    lua_pushinteger(lua_, static_cast<lua_Integer>(capture.start + 1));
    return;
  }
  lua_pushlstring(lua_, subject_.data() + capture.start, static_cast<std::size_t>(capture.length));
}

int PatternMatch::push_captures(std::size_t start, std::size_t end) const {
  const int count = captures_ == 0 ? 1 : captures_;
  luaL_checkstack(lua_, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(i, start, end);
  return count;
}

}  // namespace natsim::script
