#include "sim/core/deadline.h"

namespace natsim::core {

void DeadlineChunkPool::refill() {
  constexpr std::size_t count = 64;
  slabs_.push_back(std::make_unique<DeadlineChunk[]>(count));
  for (std::size_t i = 0; i < count; ++i) recycle(&slabs_.back()[i]);
}

}  // namespace natsim::core
