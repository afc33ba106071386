// Segments that came before what belongs in front of them.
#pragma once

#include <cstdint>
#include <map>

#include "sim/net/byte_queue.h"
#include "stack/base/bytes.h"

namespace natsim::net {

// Bytes by position, no byte twice. What is in it is bounded by the window that its owner offers.
class TcpReassembly {
 public:
  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  // Keeps what of the bytes is not there yet; of two versions of a byte the first stays.
  void insert(std::int64_t position, ByteView bytes);
  // Moves what begins at `position` without a gap to the end of `out`; the position behind it.
  // What lies before is dropped.
  std::int64_t take(std::int64_t position, ByteQueue& out);

 private:
  std::map<std::int64_t, Bytes> pieces_;  // by the position of their first byte; none overlap
};

}  // namespace natsim::net
