// Polling a queue.
#pragma once

#include <deque>
#include <optional>
#include <utility>

namespace natsim::signalling {

// The first item, taken off; nullopt if there is none.
template <typename Item>
std::optional<Item> take_front(std::deque<Item>& queue) {
  if (queue.empty()) return std::nullopt;
  std::optional<Item> first(std::move(queue.front()));
  queue.pop_front();
  return first;
}

}  // namespace natsim::signalling
