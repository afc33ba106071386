// Longest-prefix match.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "stack/base/address.h"

namespace natsim::net {

// Maps prefixes to values. A few lie in a row, which in a world of many small tables costs one or
// two cache misses where hash tables cost one a table and a prefix length.
template <typename Value>
class PrefixMap {
 public:
  // Adds the prefix; without effect if it is there.
  void add(const Prefix& prefix, const Value& value) {
    if (many_ == nullptr) {
      const auto at = std::lower_bound(
          few_.begin(), few_.end(), prefix, [](const Entry& entry, const Prefix& p) {
            return entry.prefix.length > p.length ||
                   (entry.prefix.length == p.length && entry.prefix.network < p.network);
          });
      if (at != few_.end() && at->prefix == prefix) return;
      few_.insert(at, {prefix, value});
      if (few_.size() > few_at_most) spread();
      return;
    }
    add_to_many(prefix, value);
  }

  void clear() {
    few_.clear();
    many_.reset();
  }

  // The value of the longest prefix that holds the address; null if none does.
  [[nodiscard]] const Value* find(const IpAddress& address) const {
    if (many_ == nullptr) {
      for (const Entry& entry : few_) {
        if (entry.prefix.contains(address)) return &entry.value;
      }
      return nullptr;
    }
    for (const std::uint8_t length : many_->lengths[index(address)]) {
      const auto found = many_->values.find(Prefix::of(address, length));
      if (found != many_->values.end()) return &found->second;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t few_at_most = 8;

  struct Entry {
    Prefix prefix;
    Value value;
  };
  struct Many {
    absl::flat_hash_map<Prefix, Value> values;
    std::vector<std::uint8_t> lengths[2];  // that occur in a family, longest first
  };

  static std::size_t index(const IpAddress& address) {
    return static_cast<std::size_t>(address.family());
  }
  void add_to_many(const Prefix& prefix, const Value& value) {
    if (!many_->values.try_emplace(prefix, value).second) return;
    auto& lengths = many_->lengths[index(prefix.network)];
    const auto at =
        std::lower_bound(lengths.begin(), lengths.end(), prefix.length, std::greater<>());
    if (at == lengths.end() || *at != prefix.length) lengths.insert(at, prefix.length);
  }
  void spread() {
    many_ = std::make_unique<Many>();
    for (const Entry& entry : few_) add_to_many(entry.prefix, entry.value);
    few_.clear();
    few_.shrink_to_fit();
  }

  std::vector<Entry> few_;  // longest first; empty if there are many
  std::unique_ptr<Many> many_;
};

}  // namespace natsim::net
