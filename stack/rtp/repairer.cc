#include "stack/rtp/repairer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "stack/rtp/packet.h"
#include "stack/rtp/sequence.h"

namespace natsim::rtp {

void Repairer::keep(Bytes packet) {
  packets_[sequence_number_of(packet) % window] = std::move(packet);
}

const Bytes* Repairer::find(std::uint16_t number) const {
  const Bytes& packet = packets_[number % window];
  return !packet.empty() && sequence_number_of(packet) == number ? &packet : nullptr;
}

std::vector<Bytes> Repairer::receive(ByteView packet) {
  if (packet.size() < header_size || load_be32(&packet[8]) != ssrc_) return {};
  keep(Bytes(packet.begin(), packet.end()));
  const std::uint16_t newest = sequence_number_of(packet);
  discarded_ += std::erase_if(repairs_, [newest](const Repair& repair) {
    return distance(repair.numbers.front(), newest) >= static_cast<int>(window);
  });
  return settle();
}

std::vector<Bytes> Repairer::receive(Repair repair) {
  if (repair.numbers.empty()) return {};
  if (repairs_.size() == most_repairs) {
    repairs_.pop_front();
    ++discarded_;
  }
  repairs_.push_back(std::move(repair));
  return settle();
}

bool Repairer::is_done(const Repair& repair, std::vector<Bytes>& restored) {
  std::vector<ByteView> others;
  std::optional<std::uint16_t> missing;
  for (const std::uint16_t number : repair.numbers) {
    if (const Bytes* packet = find(number)) {
      others.push_back(*packet);
    } else if (std::exchange(missing, number)) {
      return false;
    }
  }
  auto packet = missing ? restore(repair, others, *missing, ssrc_) : std::nullopt;
  if (!packet) {
    ++discarded_;
    return true;
  }
  keep(*packet);
  restored.push_back(std::move(*packet));
  return true;
}

std::vector<Bytes> Repairer::settle() {
  std::vector<Bytes> restored;
  std::size_t before = 0;
  do {
    before = restored.size();
    std::erase_if(repairs_, [&](const Repair& repair) { return is_done(repair, restored); });
  } while (restored.size() > before && !repairs_.empty());
  return restored;
}

}  // namespace natsim::rtp
