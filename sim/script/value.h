// Reading what a script hands over: a value of an expected kind, or an error that tells which.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/script/lua.h"
#include "sim/script/nearest.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::script {

// A word that a script may write and what it stands for.
template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

// A value on Lua's stack with the name that errors give it, such as "net:host: link.loss". Every
// reader ends the running call with "NAME: expected …, got …" if the value is not of its kind.
// It refers to its parent and to the stack, and is good as long as both stay.
class Value {
 public:
  // The argument at `index` of `function`.
  Value(lua_State* lua, int index, std::string_view function)
      : lua_(lua), index_(lua_absindex(lua, index)), key_(function) {}

  // A table's entry, which is pushed onto the stack. Precondition: this is a table.
  [[nodiscard]] Value field(std::string_view key) const;
  [[nodiscard]] Value element(int position) const;  // from 1

  [[nodiscard]] lua_State* lua() const { return lua_; }
  [[nodiscard]] int index() const { return index_; }
  [[nodiscard]] bool present() const { return !lua_isnoneornil(lua_, index_); }
  [[nodiscard]] bool is_text() const { return lua_type(lua_, index_) == LUA_TSTRING; }
  [[nodiscard]] bool is_table() const { return lua_istable(lua_, index_); }
  [[nodiscard]] bool is_integer() const { return lua_isinteger(lua_, index_) != 0; }

  // Quantities; see units.h. A duration may also be one of Lua's duration values, not negative.
  [[nodiscard]] Duration duration() const;
  [[nodiscard]] Duration positive_duration() const;
  // The longest time to wait; it has to be given.
  [[nodiscard]] Duration timeout() const;
  [[nodiscard]] std::uint64_t rate() const;
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] double share() const;

  [[nodiscard]] bool boolean() const;
  // A whole number from `low` to `high`.
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
  // As `integer`, in an unsigned type that holds every value up to `high`.
  template <typename Number>
  [[nodiscard]] Number number(std::int64_t low, std::int64_t high) const {
    return static_cast<Number>(integer(low, high));
  }
  [[nodiscard]] std::uint16_t port() const { return number<std::uint16_t>(1, 65535); }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] IpAddress address() const;
  [[nodiscard]] Prefix prefix() const;
  // One text or a list of texts, at least one.
  [[nodiscard]] std::vector<IpAddress> addresses() const;
  // The length of a list. The value must be a table.
  [[nodiscard]] int length() const;

  // The value that is written as one of the names in `table`, an array of rows with `name` and
  // `value`, and perhaps more.
  template <typename Table>
  [[nodiscard]] auto one_of(const Table& table) const {
    std::array<std::string_view, std::tuple_size_v<Table>> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = table[i].name;
    return table[index_of(names)].value;
  }
  // The position in `names` of this text.
  [[nodiscard]] std::size_t index_of(std::span<const std::string_view> names) const;

  void require_table() const;
  // "NAME: expected …, got …".
  [[noreturn]] void refuse(std::string_view expected) const;
  // "NAME: what".
  [[noreturn]] void complain(std::string_view what) const;
  // The name that errors give the value.
  [[nodiscard]] std::string name() const;
  // The value as errors show it.
  [[nodiscard]] std::string shown() const;

 private:
  void check_is_list() const;

  Value(const Value* parent, std::string_view key, int position)
      : lua_(parent->lua_),
        index_(lua_gettop(parent->lua_)),
        parent_(parent),
        key_(key),
        position_(position) {}

  lua_State* lua_;
  int index_;
  const Value* parent_ = nullptr;
  std::string_view key_;  // in the parent; the function's name if there is no parent
  int position_ = 0;      // in the parent, if it is a list
};

// The value at `index` as errors and reports show it: "text", 12, a table, host 'alice'.
std::string shown(lua_State* lua, int index);

// Takes what was pushed since its making off the stack again; not while an error passes, whose
// value is on top.
class StackMark {
 public:
  explicit StackMark(lua_State* lua)
      : lua_(lua), top_(lua_gettop(lua)), exceptions_(std::uncaught_exceptions()) {}
  StackMark(const StackMark&) = delete;  // there is one end
  StackMark& operator=(const StackMark&) = delete;
  ~StackMark() {
    if (std::uncaught_exceptions() == exceptions_) lua_settop(lua_, top_);
  }

 private:
  lua_State* lua_;
  int top_;
  int exceptions_;  // in flight when it was made
};

}  // namespace natsim::script
