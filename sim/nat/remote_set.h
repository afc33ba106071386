// Which remotes belong to which mapping, as one hash table for all mappings.
#pragma once

#include <cstdint>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include "sim/nat/dense_pool.h"
#include "stack/base/address.h"

namespace natsim::nat {

// A set of (scope, remote) pairs, each pair of one mapping. What the scope is, a mapping or an
// external endpoint, is the user's matter. The entries of a mapping form a list whose head the
// mapping keeps, so that they can go with it.
class RemoteSet {
 public:
  struct Entry {
    Endpoint remote;
    std::uint32_t scope;
    std::uint32_t mapping;  // whose entry it is
    std::uint32_t next;     // the mapping's next older entry, or no_index
  };

  RemoteSet() : index_(0, Hash{&entries_}, Equal{&entries_}) {}
  RemoteSet(const RemoteSet&) = delete;  // the index refers to the entries
  RemoteSet& operator=(const RemoteSet&) = delete;

  // The mapping that the pair belongs to; no_index if it is not in the set.
  [[nodiscard]] std::uint32_t find(std::uint32_t scope, const Endpoint& remote) const {
    const auto found = index_.find(Key{scope, remote});
    return found == index_.end() ? no_index : entries_[*found].mapping;
  }
  // Adds a pair that is not in the set to the mapping's list; gives the list's new head.
  std::uint32_t add(std::uint32_t scope, const Endpoint& remote, std::uint32_t mapping,
                    std::uint32_t head) {
    const std::uint32_t entry = entries_.take({remote, scope, mapping, head});
    index_.insert(entry);
    return entry;
  }
  // Removes all entries of the list.
  void remove_list(std::uint32_t head) {
    while (head != no_index) {
      const std::uint32_t next = entries_[head].next;
      index_.erase(head);
      entries_.give_back(head);
      head = next;
    }
  }
  [[nodiscard]] const Entry& operator[](std::uint32_t entry) const { return entries_[entry]; }

 private:
  struct Key {
    std::uint32_t scope;
    const Endpoint& remote;
  };
  // The index holds numbers of entries and looks into the entries for the keys.
  struct Hash {
    using is_transparent = void;
    const DensePool<Entry>* entries;
    std::size_t operator()(const Key& key) const { return absl::HashOf(key.scope, key.remote); }
    std::size_t operator()(std::uint32_t entry) const {
      const Entry& e = (*entries)[entry];
      return absl::HashOf(e.scope, e.remote);
    }
  };
  struct Equal {
    using is_transparent = void;
    const DensePool<Entry>* entries;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(std::uint32_t entry, const Key& key) const {
      const Entry& e = (*entries)[entry];
      return e.scope == key.scope && e.remote == key.remote;
    }
    bool operator()(const Key& key, std::uint32_t entry) const { return (*this)(entry, key); }
  };

  DensePool<Entry> entries_;
  absl::flat_hash_set<std::uint32_t, Hash, Equal> index_;
};

}  // namespace natsim::nat
