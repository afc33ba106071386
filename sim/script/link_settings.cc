#include "sim/script/link_settings.h"

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "sim/net/link_presets.h"
#include "sim/script/link_fault_settings.h"
#include "sim/script/options.h"

namespace natsim::script {
namespace {

using net::LinkOptions;

constexpr std::array<Choice<net::JitterShape>, 3> jitter_shapes = {
    {{"uniform", net::JitterShape::uniform},
     {"normal", net::JitterShape::normal},
     {"pareto", net::JitterShape::pareto}}};
constexpr std::array<Choice<net::QueueKind>, 3> queue_kinds = {
    {{"drop_tail", net::QueueKind::drop_tail},
     {"codel", net::QueueKind::codel},
     {"fq_codel", net::QueueKind::fq_codel}}};

void clear_plan(LinkOptions& link) {
  if (link.faults) link.faults.get().plan = std::monostate();
}

constexpr std::array<Key<LinkOptions>, 23> link_keys = {{
    {"one_way_delay",
     [](const Value& value, LinkOptions& link) { link.one_way_delay = value.duration(); }},
    {"jitter",
     [](const Value& value, LinkOptions& link) {
       link.jitter = value.duration();
       if (link.faults) link.faults.get().jitter_samples.clear();
     }},
    {"jitter_distribution",
     [](const Value& value, LinkOptions& link) {
       link.faults.get().jitter_shape = value.one_of(jitter_shapes);
       link.faults.get().jitter_samples.clear();
     }},
    {"jitter_samples",
     [](const Value& value, LinkOptions& link) {
       link.faults.get().jitter_samples = read_jitter_samples(value);
       link.jitter = {};
     }},
    {"reorder", [](const Value& value, LinkOptions& link) { link.reorder = value.boolean(); }},
    {"reordered",
     [](const Value& value, LinkOptions& link) { link.faults.get().reordered = value.share(); }},
    {"reordered_by", [](const Value& value,
                        LinkOptions& link) { link.faults.get().reordered_by = value.duration(); }},
    {"duplicate",
     [](const Value& value, LinkOptions& link) { link.faults.get().duplicate = value.share(); }},
    {"corrupt",
     [](const Value& value, LinkOptions& link) { link.faults.get().corrupt = value.share(); }},
    {"rate",
     [](const Value& value, LinkOptions& link) {
       link.rate = value.rate();
       clear_plan(link);
     }},
    {"rate_schedule",
     [](const Value& value, LinkOptions& link) {
       link.rate = 0;
       link.faults.get().plan = read_rate_schedule(value);
     }},
    {"trace",
     [](const Value& value, LinkOptions& link) {
       link.rate = 0;
       link.faults.get().plan = read_trace(value);
     }},
    {"loss", [](const Value& value, LinkOptions& link) { link.loss = value.share(); }},
    {"burst_loss",
     [](const Value& value, LinkOptions& link) {
       link.faults.get().burst_loss = read_burst_loss(value);
     }},
    {"queue", [](const Value& value,
                 LinkOptions& link) { link.faults.get().queue.kind = value.one_of(queue_kinds); }},
    {"queue_packets",
     [](const Value& value, LinkOptions& link) {
       link.queue_packets = value.number<std::uint32_t>(1, 1'000'000'000);
     }},
    {"queue_bytes", [](const Value& value, LinkOptions& link) { link.queue_bytes = value.size(); }},
    {"codel_target",
     [](const Value& value, LinkOptions& link) {
       link.faults.get().queue.target = value.positive_duration();
     }},
    {"codel_interval",
     [](const Value& value, LinkOptions& link) {
       link.faults.get().queue.interval = value.positive_duration();
       if (link.faults->queue.interval >= seconds(1000)) value.refuse("less than 1000s");
     }},
    {"fq_flows",
     [](const Value& value, LinkOptions& link) {
       link.faults.get().queue.flows = value.number<std::uint32_t>(1, 65536);
     }},
    {"fq_quantum",
     [](const Value& value, LinkOptions& link) {
       const std::uint64_t size = value.size();
       if (size < 1 || size > 1'000'000) value.refuse("a size from 1B to 1MB");
       link.faults.get().queue.quantum = static_cast<std::uint32_t>(size);
     }},
    {"mtu",
     [](const Value& value, LinkOptions& link) {
       const std::uint64_t size = value.size();
       if (size < 576 || size > 65535) value.refuse("a size from 576B to 65535B");
       link.mtu = static_cast<std::uint16_t>(size);
     }},
    {"mtu_black_hole",
     [](const Value& value, LinkOptions& link) { link.mtu_black_hole = value.boolean(); }},
}};

// Of each pair only one may be in one table.
constexpr std::array<std::pair<const char*, const char*>, 5> exclusive = {
    {{"rate", "rate_schedule"},
     {"rate", "trace"},
     {"rate_schedule", "trace"},
     {"jitter", "jitter_samples"},
     {"jitter_distribution", "jitter_samples"}}};

void check_exclusive(const Value& table) {
  for (const auto& [one, other] : exclusive) {
    const StackMark mark(table.lua());
    if (table.field(one).present() && table.field(other).present()) {
      table.complain(fmt::format("'{}' and '{}' say the same: give one or the other", one, other));
    }
  }
}

void check(const Value& table, const LinkOptions& link) {
  if (!link.faults) return;
  const net::LinkFaults& faults = *link.faults;
  if (faults.queue.kind != net::QueueKind::drop_tail && !link.limited()) {
    table.complain("a link without a rate has no queue that 'queue' could manage");
  }
  if (faults.queue.target >= faults.queue.interval) {
    table.complain("'codel_target' is less than 'codel_interval'");
  }
  if (faults.reordered > 0 && faults.reordered_by == Duration{}) {
    table.complain("'reordered' needs 'reordered_by', so that others can overtake");
  }
}

net::LinkOptions read_preset(const Value& value) {
  const std::string name = value.text();
  const net::LinkPreset* const preset = net::find_link_preset(name);
  if (preset != nullptr) return net::options_of(*preset);
  std::vector<std::string_view> names;
  for (const net::LinkPreset& row : net::link_presets()) names.push_back(row.name);
  value.complain(fmt::format("no link preset is named '{}'{}", name, suggestion(name, names)));
}

}  // namespace

void read_link_settings(const Value& table, LinkSettings& settings,
                        std::initializer_list<std::string_view> more, int positions) {
  std::vector<std::string_view> names;
  for (const auto& key : link_keys) names.push_back(key.name);
  names.insert(names.end(), {"preset", "up", "down"});
  names.insert(names.end(), more);
  check_keys(table, names, positions);
  check_exclusive(table);
  if (const Value preset = table.field("preset"); preset.present()) {
    settings.up = settings.down = read_preset(preset);
  }
  for (const auto& key : link_keys) {
    const StackMark mark(table.lua());
    const Value value = table.field(key.name);
    if (!value.present()) continue;
    key.read(value, settings.up);
    key.read(value, settings.down);
  }
  for (const auto& [name, direction] : {std::pair{"up", &settings.up}, {"down", &settings.down}}) {
    const StackMark mark(table.lua());
    const Value value = table.field(name);
    if (value.present()) {
      read_options(value, link_keys, *direction);
      check_exclusive(value);
    }
    check(table, *direction);
  }
}

}  // namespace natsim::script
