// Access links by name, with where their figures come from.
#pragma once

#include <span>
#include <string_view>

#include "sim/net/link_options.h"

namespace natsim::net {

// Which way a source's delay and jitter are meant.
enum class DelayMeaning : std::uint8_t {
  round_trip,  // half of them each way
  one_way,     // each way
};

// A row of a published table. Loss and rate are of each direction.
struct LinkPreset {
  std::string_view name;
  std::string_view source;
  DelayMeaning meaning;
  std::uint64_t rate;         // bits per second; 0: the source gives none
  std::uint32_t delay_ms;     // as the source has it
  std::uint32_t jitter_ms;    // as the source has it
  std::uint32_t loss_ppm;     // packets lost of a million
  std::uint32_t burst;        // packets that are lost in a row on average; 0: each on its own
  std::uint32_t queue_bytes;  // 0: one round trip at the rate
};

std::span<const LinkPreset> link_presets();
// Null if none has the name.
const LinkPreset* find_link_preset(std::string_view name);

// One direction of the link.
LinkOptions options_of(const LinkPreset& preset);

}  // namespace natsim::net
