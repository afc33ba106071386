// Which remotes belong to which mapping, as one hash table for all mappings.
#pragma once

#include <cstdint>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include "sim/nat/dense_pool.h"
#include "sim/nat/idle_timers.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

// A set of (scope, remote) pairs, each pair of one mapping. What the scope is, a mapping or an
// external endpoint, is the user's matter. The entries of a mapping form a list whose head the
// mapping keeps, so that they can go with it.
class RemoteSet {
 public:
  struct Entry {
    IpAddress address;
    Time opened;  // when it was added
    std::uint32_t scope;
    std::uint32_t mapping;  // whose entry it is
    std::uint32_t older;    // the mapping's entry before it, or no_index
    std::uint32_t newer;    // and after it
    std::uint16_t port;
    IdleState idle;  // where each remote has a timer

    [[nodiscard]] Endpoint remote() const { return {address, port}; }
  };
  static_assert(sizeof(Entry) == 48);

  RemoteSet() : index_(0, Hash{&entries_}, Equal{&entries_}) {}
  RemoteSet(const RemoteSet&) = delete;  // the index refers to the entries
  RemoteSet& operator=(const RemoteSet&) = delete;

  // The pair's entry; no_index if it is not in the set.
  [[nodiscard]] std::uint32_t find(std::uint32_t scope, const Endpoint& remote) const {
    const auto found = index_.find(Key{scope, remote});
    return found == index_.end() ? no_index : *found;
  }
  // The mapping that the pair belongs to; no_index if it is not in the set.
  [[nodiscard]] std::uint32_t mapping_of(std::uint32_t scope, const Endpoint& remote) const {
    const std::uint32_t entry = find(scope, remote);
    return entry == no_index ? no_index : entries_[entry].mapping;
  }
  // Adds a pair that is not in the set to the mapping's list, whose head is `head` before and the
  // new entry, which is given, after.
  std::uint32_t add(std::uint32_t scope, const Endpoint& remote, std::uint32_t mapping,
                    std::uint32_t head, Time now) {
    const std::uint32_t entry = entries_.take({.address = remote.address,
                                               .opened = now,
                                               .scope = scope,
                                               .mapping = mapping,
                                               .older = head,
                                               .newer = no_index,
                                               .port = remote.port});
    if (head != no_index) entries_[head].newer = entry;
    index_.insert(entry);
    return entry;
  }
  // Removes an entry of the mapping's list; gives the list's new head.
  std::uint32_t remove(std::uint32_t entry, std::uint32_t head) {
    const std::uint32_t older = entries_[entry].older;
    const std::uint32_t newer = entries_[entry].newer;
    if (older != no_index) entries_[older].newer = newer;
    if (newer != no_index) entries_[newer].older = older;
    index_.erase(entry);
    entries_.give_back(entry);
    return entry == head ? older : head;
  }
  // Removes all entries of the list.
  void remove_list(std::uint32_t head) {
    while (head != no_index) head = remove(head, head);
  }
  [[nodiscard]] Entry& operator[](std::uint32_t entry) { return entries_[entry]; }
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
    std::size_t operator()(const Key& key) const {
      return absl::HashOf(key.remote.address, std::uint64_t{key.scope} << 16 | key.remote.port);
    }
    std::size_t operator()(std::uint32_t entry) const {
      const Entry& e = (*entries)[entry];
      return (*this)(Key{e.scope, e.remote()});
    }
  };
  struct Equal {
    using is_transparent = void;
    const DensePool<Entry>* entries;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(std::uint32_t entry, const Key& key) const {
      const Entry& e = (*entries)[entry];
      return e.scope == key.scope && e.remote() == key.remote;
    }
    bool operator()(const Key& key, std::uint32_t entry) const { return (*this)(entry, key); }
  };

  DensePool<Entry> entries_;
  absl::flat_hash_set<std::uint32_t, Hash, Equal> index_;
};

}  // namespace natsim::nat
