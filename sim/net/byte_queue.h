// Bytes that come in at one end and go out at the other.
#pragma once

#include <cstddef>

#include "stack/base/bytes.h"

namespace natsim::net {

class ByteQueue {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size() - first_; }
  void append(ByteView more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  // The bytes from `offset` on; valid until the queue changes. Precondition: they are there.
  [[nodiscard]] ByteView view(std::size_t offset, std::size_t length) const {
    return ByteView(bytes_).subspan(first_ + offset, length);
  }
  // Takes bytes from the front. Precondition: so many are there.
  void drop(std::size_t count) {
    first_ += count;
    // Moved up when at least as many are gone as are left: each byte is moved once on average.
    if (first_ < size()) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

 private:
  Bytes bytes_;
  std::size_t first_ = 0;  // bytes of it that are gone
};

}  // namespace natsim::net
