#include "sim/net/tcp_reassembly.h"

#include <algorithm>
#include <iterator>

namespace natsim::net {
namespace {

std::int64_t end_of_piece(const std::pair<const std::int64_t, Bytes>& piece) {
  return piece.first + static_cast<std::int64_t>(piece.second.size());
}

}  // namespace

void TcpReassembly::insert(std::int64_t position, ByteView bytes) {
  auto next = pieces_.upper_bound(position);
  if (next != pieces_.begin()) {
    const std::int64_t covered = end_of_piece(*std::prev(next)) - position;
    if (covered > 0) {
      bytes = bytes.subspan(std::min(bytes.size(), static_cast<std::size_t>(covered)));
      position += covered;
    }
  }
  while (!bytes.empty()) {
    const std::int64_t end = position + static_cast<std::int64_t>(bytes.size());
    const std::int64_t gap_end = next == pieces_.end() ? end : std::min(end, next->first);
    if (gap_end > position) {
      const ByteView part = bytes.first(static_cast<std::size_t>(gap_end - position));
      pieces_.emplace_hint(next, position, Bytes(part.begin(), part.end()));
    }
    if (gap_end == end) return;
    const std::int64_t behind = std::min(end, end_of_piece(*next));
    bytes = bytes.subspan(static_cast<std::size_t>(behind - position));
    position = behind;
    ++next;
  }
}

std::int64_t TcpReassembly::take(std::int64_t position, ByteQueue& out) {
  while (!pieces_.empty() && pieces_.begin()->first <= position) {
    const auto& first = *pieces_.begin();
    if (end_of_piece(first) > position) {
      out.append(ByteView(first.second).subspan(static_cast<std::size_t>(position - first.first)));
      position = end_of_piece(first);
    }
    pieces_.erase(pieces_.begin());
  }
  return position;
}

}  // namespace natsim::net
