#include "sim/net/link_presets.h"

#include <algorithm>

namespace natsim::net {
namespace {

constexpr std::string_view iroh = "the ladder of iroh's degradation test";
constexpr std::string_view patchbay = "patchbay's link conditions";
constexpr std::string_view str0m = "str0m's netem presets";

using enum DelayMeaning;

constexpr LinkPreset rows[] = {
    // The ladder, from level 0 to level 8.
    {"good-wifi", iroh, round_trip, 100'000'000, 16, 0, 1'000, 0, 0},
    {"congested-wifi", iroh, round_trip, 25'000'000, 40, 12, 10'000, 6, 0},
    {"weak-4g", iroh, round_trip, 8'000'000, 90, 15, 20'000, 8, 0},
    {"slow-3g", iroh, round_trip, 3'000'000, 200, 30, 30'000, 10, 0},
    {"congested-cellular", iroh, round_trip, 1'500'000, 300, 40, 50'000, 12, 0},
    {"very-bad-cellular", iroh, round_trip, 800'000, 450, 60, 80'000, 20, 0},
    {"geostationary-satellite", iroh, round_trip, 25'000'000, 600, 40, 15'000, 6, 0},
    {"barely-usable", iroh, round_trip, 500'000, 450, 80, 120'000, 25, 0},
    {"absurd", iroh, round_trip, 256'000, 800, 150, 250'000, 40, 0},
    {"patchbay-wifi", patchbay, one_way, 0, 5, 2, 1'000, 0, 0},
    {"patchbay-bad-wifi", patchbay, one_way, 20'000'000, 40, 15, 20'000, 0, 0},
    {"patchbay-4g", patchbay, one_way, 0, 25, 8, 5'000, 0, 0},
    {"patchbay-3g", patchbay, one_way, 2'000'000, 100, 30, 20'000, 0, 0},
    {"patchbay-leo-satellite", patchbay, one_way, 0, 40, 7, 10'000, 0, 0},
    {"patchbay-geo-satellite", patchbay, one_way, 25'000'000, 300, 20, 5'000, 0, 0},
    {"str0m-wifi", str0m, one_way, 100'000'000, 5, 2, 0, 0, 200'000},
    {"str0m-cellular", str0m, one_way, 30'000'000, 50, 15, 0, 0, 100'000},
    {"str0m-congested", str0m, one_way, 10'000'000, 80, 40, 0, 0, 50'000},
    {"str0m-satellite", str0m, one_way, 15'000'000, 600, 30, 0, 0, 0},
};

}  // namespace

std::span<const LinkPreset> link_presets() { return rows; }

const LinkPreset* find_link_preset(std::string_view name) {
  const auto* const found = std::find_if(
      std::begin(rows), std::end(rows), [name](const LinkPreset& row) { return row.name == name; });
  return found == std::end(rows) ? nullptr : found;
}

LinkOptions options_of(const LinkPreset& preset) {
  const std::int64_t share = preset.meaning == round_trip ? 2 : 1;
  LinkOptions options;
  options.rate = preset.rate;
  options.one_way_delay = milliseconds(preset.delay_ms) / share;
  options.jitter = milliseconds(preset.jitter_ms) / share;
  const double loss = static_cast<double>(preset.loss_ppm) / 1'000'000;
  if (preset.burst == 0) {
    options.loss = loss;
  } else {
    options.faults.get().burst_loss = gilbert_elliott_of_means(loss, preset.burst).value();
  }
  if (preset.rate != 0) {
    const std::uint64_t round_trip_ms =
        std::uint64_t{preset.delay_ms} * 2 / static_cast<std::uint64_t>(share);
    options.queue_bytes =
        preset.queue_bytes != 0 ? preset.queue_bytes : preset.rate / 8 * round_trip_ms / 1000;
  }
  return options;
}

}  // namespace natsim::net
