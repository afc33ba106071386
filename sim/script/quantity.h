// The kinds of values that parameters take and metrics have.
#pragma once

#include <cstdint>
#include <string_view>

namespace natsim::script {

enum class Quantity : std::uint8_t { boolean, whole, number, duration, rate, size, share, text };

// The base unit of a kind: "s", "bit/s", "B", otherwise empty.
std::string_view unit_of(Quantity quantity);

}  // namespace natsim::script
