#include "stack/rtp/protector.h"

#include <algorithm>
#include <utility>

#include "stack/rtp/packet.h"
#include "stack/rtp/sequence.h"

namespace natsim::rtp {
namespace {

constexpr std::size_t whole = 256;
constexpr std::size_t most_excess = 50;  // of that

}  // namespace

std::size_t Protector::repairs_due() const {
  const std::size_t share = key_ ? rate_.key_share : rate_.share;
  return std::max<std::size_t>((packets_.size() * share + whole / 2) / whole, 1);
}

bool Protector::is_complete(Time now) const {
  const std::size_t share = key_ ? rate_.key_share : rate_.share;
  return repairs_due() * whole <= (share + most_excess) * packets_.size() ||
         now - first_at_ >= rate_.span;
}

std::vector<Repair> Protector::end_group() {
  const std::vector<ByteView> views(packets_.begin(), packets_.end());
  std::vector<Repair> repairs = repairs_for(views, repairs_due());
  packets_.clear();
  key_ = false;
  return repairs;
}

std::vector<Repair> Protector::add(ByteView packet, Place place, Time now) {
  if (!rate_.on()) {
    packets_.clear();
    key_ = false;
    return {};
  }
  std::vector<Repair> repairs;
  if (!packets_.empty() &&
      distance(sequence_number_of(packets_.front()), sequence_number_of(packet)) >= reach_) {
    repairs = end_group();
  }
  if (packets_.empty()) first_at_ = now;
  packets_.emplace_back(packet.begin(), packet.end());
  key_ = key_ || place.key;
  if (place.ends_frame && is_complete(now)) {
    for (Repair& repair : end_group()) repairs.push_back(std::move(repair));
  }
  return repairs;
}

}  // namespace natsim::rtp
