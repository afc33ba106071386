// Tables of options: `{ one_way_delay = "20ms", loss = "1%" }` against the keys that are declared.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "sim/script/value.h"

namespace natsim::script {

// A key of an options table and how its value gets into a T.
template <typename T>
struct Key {
  std::string_view name;
  void (*read)(const Value& value, T& into);
};

// Raises if `table` is not a table, or has a key that is neither one of `names` nor a position from
// 1 to `positions`.
void check_keys(const Value& table, std::span<const std::string_view> names, int positions);

// Reads the keys that are present into `into`, in the order of `keys`.
template <typename T, std::size_t N>
void read_options(const Value& table, const std::array<Key<T>, N>& keys, T& into,
                  int positions = 0) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) names[i] = keys[i].name;
  check_keys(table, names, positions);
  for (const Key<T>& key : keys) {
    const StackMark mark(table.lua());
    const Value value = table.field(key.name);
    if (value.present()) key.read(value, into);
  }
}

}  // namespace natsim::script
