#include "sim/record/drops.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/record/place.h"

namespace natsim::record {

std::vector<ReasonCount> drops_by_reason(const core::EventStream& events) {
  std::vector<ReasonCount> drops;
  for (std::size_t i = 0; i < core::drop_reason_count; ++i) {
    const auto reason = static_cast<core::DropReason>(i);
    if (events.drops(reason) != 0) drops.push_back({reason, events.drops(reason)});
  }
  std::stable_sort(drops.begin(), drops.end(),
                   [](const ReasonCount& a, const ReasonCount& b) { return a.count > b.count; });
  return drops;
}

std::string to_string(const std::vector<ReasonCount>& drops) {
  if (drops.empty()) return "none";
  std::string text;
  for (const ReasonCount& each : drops) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name(each.reason), each.count);
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
