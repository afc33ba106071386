#include "sim/record/trail_groups.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace natsim::record {
namespace {

bool fared_alike(const PacketTrail& a, const PacketTrail& b) {
  const auto fate = [](const PacketTrail& t) {
    return std::tie(t.is_response, t.sender, t.fate, t.where, t.reason, t.last_source,
                    t.last_destination);
  };
  return fate(a) == fate(b);
}

}  // namespace

std::vector<TrailGroup> group_trails(const std::vector<const PacketTrail*>& trails) {
  std::vector<TrailGroup> groups;
  for (const PacketTrail* trail : trails) {
    const auto found = std::find_if(groups.begin(), groups.end(), [trail](const TrailGroup& g) {
      return fared_alike(*g.first, *trail);
    });
    TrailGroup& group =
        found != groups.end() ? *found : groups.emplace_back(TrailGroup{.first = trail});
    group.last = trail;
    ++group.count;
  }
  return groups;
}

std::string times_of(const TrailGroup& group) {
  if (group.count == 1) return fmt::format("once, at {}", to_string(group.first->sent));
  return fmt::format("{} times between {} and {}", group.count, to_string(group.first->sent),
                     to_string(group.last->sent));
}

}  // namespace natsim::record
