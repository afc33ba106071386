#include "sim/record/drops.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/record/place.h"

namespace natsim::record {

std::string drops_by_reason(const core::EventStream& events) {
  std::vector<core::DropReason> reasons;
  for (std::size_t i = 0; i < core::drop_reason_count; ++i) {
    const auto reason = static_cast<core::DropReason>(i);
    if (events.drops(reason) != 0) reasons.push_back(reason);
  }
  if (reasons.empty()) return "none";
  std::stable_sort(reasons.begin(), reasons.end(), [&](core::DropReason a, core::DropReason b) {
    return events.drops(a) > events.drops(b);
  });
  std::string text;
  for (const core::DropReason reason : reasons) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name(reason), events.drops(reason));
  }
  return text;
}

void DropLedger::on_packet(const core::PacketEvent& event) {
  if (event.step != core::PacketStep::dropped) return;
  const std::uint64_t key =
      std::uint64_t{event.where} << 32 | static_cast<std::uint64_t>(event.reason);
  const auto [entry, is_new] = index_.try_emplace(key, drops_.size());
  if (is_new) {
    drops_.push_back({.where = event.where,
                      .place = place_name(world_, event.where),
                      .reason = event.reason,
                      .first = event.at,
                      .source = event.source,
                      .destination = event.destination,
                      .note = std::string(event.note)});
  }
  Drops& drops = drops_[entry->second];
  ++drops.count;
  drops.last = event.at;
}

}  // namespace natsim::record
