// A queue that keeps its memory: what a machine has to give out, in the order of its making.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace natsim::ice {

template <typename T>
class Fifo {
 public:
  void push(T item) { items_.push_back(std::move(item)); }
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }

  std::optional<T> pop() {
    if (empty()) return std::nullopt;
    std::optional<T> item(std::move(items_[head_++]));
    if (empty()) {
      items_.clear();
      head_ = 0;
    }
    return item;
  }

 private:
  std::vector<T> items_;  // those before head_ have been given out
  std::size_t head_ = 0;  // the next one to give
};

}  // namespace natsim::ice
