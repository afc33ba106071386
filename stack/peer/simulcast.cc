#include "stack/peer/simulcast.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace natsim::peer {
namespace {

constexpr std::uint16_t least_side = 16;

struct SizedRates {
  std::uint32_t pixels = 0;
  EncodingRates rates;
};
constexpr std::array<SizedRates, 6> sizes = {{
    {1920 * 1080, {800'000, 4'000'000, 5'000'000}},
    {1280 * 720, {600'000, 2'500'000, 2'500'000}},
    {960 * 540, {350'000, 1'200'000, 1'200'000}},
    {640 * 360, {150'000, 500'000, 700'000}},
    {480 * 270, {150'000, 350'000, 450'000}},
    {0, {30'000, 150'000, 200'000}},
}};

}  // namespace

EncodingRates simulcast_rates(media::Resolution resolution) {
  const std::uint32_t pixels = std::uint32_t{resolution.width} * resolution.height;
  return std::find_if(sizes.begin(), sizes.end(),
                      [pixels](const SizedRates& size) { return pixels >= size.pixels; })
      ->rates;
}

media::Resolution resolution_of(const std::vector<SendEncoding>& encodings, std::size_t index,
                                media::Resolution full) {
  const bool said = std::any_of(encodings.begin(), encodings.end(), [](const auto& encoding) {
    return encoding.scale_resolution_down_by.has_value();
  });
  const std::uint32_t scale = said ? encodings[index].scale_resolution_down_by.value_or(1)
                                   : std::uint32_t{1} << (encodings.size() - 1 - index);
  const auto side = [scale](std::uint16_t length) {
    return std::max(least_side, static_cast<std::uint16_t>(length / scale & ~1U));
  };
  return {side(full.width), side(full.height)};
}

std::vector<std::uint64_t> allocate(const std::vector<Layer>& smallest_first,
                                    std::uint64_t bitrate) {
  std::vector<std::uint64_t> shares(smallest_first.size());
  std::uint64_t left = bitrate;
  std::size_t last = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto& [rates, on] = smallest_first[i];
    if (i > 0 && left < (on ? rates.least : rates.least * 6 / 5)) break;
    shares[i] = std::min(left, rates.target);
    left -= shares[i];
    last = i;
  }
  if (!shares.empty()) {
    const std::uint64_t most = smallest_first[last].rates.most;
    shares[last] += std::min(left, most - std::min(most, shares[last]));
  }
  return shares;
}

}  // namespace natsim::peer
