#include "stack/turn/allocation_table.h"

#include <algorithm>

namespace natsim::turn {

Allocation& AllocationTable::create(const FiveTuple& tuple, const Endpoint& relay,
                                    std::string username, const stun::TransactionId& origin,
                                    Time expires) {
  ++per_user_[username];
  const std::uint64_t id = next_id_++;
  auto entry = std::make_unique<Entry>(
      Entry{Allocation(id, tuple, relay, std::move(username), origin, expires), expires});
  deadlines_.insert({expires, id, entry.get()});
  by_relay_[relay] = entry.get();
  Allocation& allocation = entry->allocation;
  by_tuple_[tuple] = std::move(entry);
  return allocation;
}

void AllocationTable::add_relay(Allocation& allocation, const Relayed& relay) {
  by_relay_[relay.address] = by_tuple_.find(allocation.tuple())->second.get();
  allocation.add_relay(relay);
}

void AllocationTable::remove_relay(Allocation& allocation, Family family) {
  by_relay_.erase(allocation.relay_of(family)->address);
  allocation.remove_relay(family);
}

Allocation* AllocationTable::find(const FiveTuple& tuple) const {
  const auto it = by_tuple_.find(tuple);
  return it == by_tuple_.end() ? nullptr : &it->second->allocation;
}

Allocation* AllocationTable::find_by_relay(const Endpoint& relay) const {
  const auto it = by_relay_.find(relay);
  return it == by_relay_.end() ? nullptr : &it->second->allocation;
}

void AllocationTable::remove(Allocation& allocation) {
  const auto it = by_tuple_.find(allocation.tuple());
  deadlines_.erase({it->second->scheduled, allocation.id(), nullptr});
  for (const Relayed& relay : allocation.relays()) by_relay_.erase(relay.address);
  const auto user = per_user_.find(allocation.username());
  if (--user->second == 0) per_user_.erase(user);
  by_tuple_.erase(it);
}

void AllocationTable::reschedule(Allocation& allocation) {
  Entry* entry = by_tuple_.find(allocation.tuple())->second.get();
  const Time deadline = allocation.next_deadline();
  if (deadline == entry->scheduled) return;
  deadlines_.erase({entry->scheduled, allocation.id(), nullptr});
  entry->scheduled = deadline;
  deadlines_.insert({deadline, allocation.id(), entry});
}

Allocation* AllocationTable::first_due(Time now) const {
  if (deadlines_.empty() || now < deadlines_.begin()->at) return nullptr;
  return &deadlines_.begin()->entry->allocation;
}

Time AllocationTable::next_deadline() const {
  return deadlines_.empty() ? Time::never() : deadlines_.begin()->at;
}

std::size_t AllocationTable::count_of(const std::string& username) const {
  const auto it = per_user_.find(username);
  return it == per_user_.end() ? 0 : it->second;
}

std::vector<const Allocation*> AllocationTable::all() const {
  std::vector<const Allocation*> result;
  result.reserve(by_tuple_.size());
  for (const auto& [tuple, entry] : by_tuple_) result.push_back(&entry->allocation);
  std::sort(result.begin(), result.end(),
            [](const Allocation* a, const Allocation* b) { return a->id() < b->id(); });
  return result;
}

}  // namespace natsim::turn
