#include "stack/turn/allocation_table.h"

#include <algorithm>
#include <utility>

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
  by_tuple_[tuple] = entry.get();
  Allocation& allocation = entry->allocation;
  by_id_[id] = std::move(entry);
  return allocation;
}

void AllocationTable::add_relay(Allocation& allocation, const Relayed& relay) {
  by_relay_[relay.address] = &entry_of(allocation);
  allocation.add_relay(relay);
}

void AllocationTable::remove_relay(Allocation& allocation, Family family) {
  by_relay_.erase(allocation.relay_of(family)->address);
  allocation.remove_relay(family);
}

void AllocationTable::set_ticket(Allocation& allocation, const MobilityTicket& ticket) {
  allocation.mobility_ = {ticket};
  by_ticket_[ticket] = &entry_of(allocation);
}

void AllocationTable::begin_move(Allocation& allocation, const FiveTuple& tuple,
                                 const MobilityTicket& ticket, const stun::TransactionId& request) {
  Mobility& mobility = *allocation.mobility_;
  forget_former(mobility);
  if (mobility.next) by_tuple_.erase(*mobility.next);
  mobility = {ticket, tuple, mobility.ticket, request};
  if (tuple == allocation.tuple()) mobility.next.reset();  // it is back before the move was done
  by_tuple_[tuple] = by_ticket_[ticket] = &entry_of(allocation);
}

void AllocationTable::finish_move(Allocation& allocation) {
  Mobility& mobility = *allocation.mobility_;
  forget_former(mobility);
  by_tuple_.erase(allocation.tuple_);
  allocation.tuple_ = *std::exchange(mobility.next, std::nullopt);
}

void AllocationTable::forget_former(Mobility& mobility) {
  if (mobility.former) by_ticket_.erase(*mobility.former);
  mobility.former.reset();
}

AllocationTable::Entry& AllocationTable::entry_of(const Allocation& allocation) const {
  return *by_id_.find(allocation.id())->second;
}

Allocation* AllocationTable::find_by_ticket(ByteView ticket) const {
  MobilityTicket key{};
  if (ticket.size() != key.size()) return nullptr;
  std::copy(ticket.begin(), ticket.end(), key.begin());
  const auto it = by_ticket_.find(key);
  return it == by_ticket_.end() ? nullptr : &it->second->allocation;
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
  deadlines_.erase({entry_of(allocation).scheduled, allocation.id(), nullptr});
  by_tuple_.erase(allocation.tuple());
  if (auto& mobility = allocation.mobility_) {
    forget_former(*mobility);
    by_ticket_.erase(mobility->ticket);
    if (mobility->next) by_tuple_.erase(*mobility->next);
  }
  for (const Relayed& relay : allocation.relays()) by_relay_.erase(relay.address);
  const auto user = per_user_.find(allocation.username());
  if (--user->second == 0) per_user_.erase(user);
  by_id_.erase(allocation.id());
}

void AllocationTable::reschedule(Allocation& allocation) {
  Entry* const entry = &entry_of(allocation);
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
  result.reserve(by_id_.size());
  for (const auto& [id, entry] : by_id_) result.push_back(&entry->allocation);
  std::sort(result.begin(), result.end(),
            [](const Allocation* a, const Allocation* b) { return a->id() < b->id(); });
  return result;
}

}  // namespace natsim::turn
