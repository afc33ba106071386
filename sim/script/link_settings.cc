#include "sim/script/link_settings.h"

#include <array>
#include <limits>
#include <vector>

#include "sim/script/options.h"

namespace natsim::script {
namespace {

using net::LinkOptions;

constexpr std::array<Key<LinkOptions>, 8> link_keys = {{
    {"one_way_delay",
     [](const Value& value, LinkOptions& link) { link.one_way_delay = value.duration(); }},
    {"jitter", [](const Value& value, LinkOptions& link) { link.jitter = value.duration(); }},
    {"reorder", [](const Value& value, LinkOptions& link) { link.reorder = value.boolean(); }},
    {"rate", [](const Value& value, LinkOptions& link) { link.rate = value.rate(); }},
    {"loss", [](const Value& value, LinkOptions& link) { link.loss = value.share(); }},
    {"queue_packets",
     [](const Value& value, LinkOptions& link) {
       link.queue_packets = value.number<std::uint32_t>(1, 1'000'000'000);
     }},
    {"queue_bytes", [](const Value& value, LinkOptions& link) { link.queue_bytes = value.size(); }},
    {"mtu",
     [](const Value& value, LinkOptions& link) {
       const std::uint64_t size = value.size();
       if (size < 576 || size > 65535) value.refuse("a size from 576B to 65535B");
       link.mtu = static_cast<std::uint16_t>(size);
     }},
}};

}  // namespace

void read_link_settings(const Value& table, LinkSettings& settings,
                        std::initializer_list<std::string_view> more, int positions) {
  std::vector<std::string_view> names;
  for (const auto& key : link_keys) names.push_back(key.name);
  names.insert(names.end(), {"up", "down"});
  names.insert(names.end(), more);
  check_keys(table, names, positions);
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
    if (value.present()) read_options(value, link_keys, *direction);
  }
}

}  // namespace natsim::script
