// Characters of UTF-8 text, whose number limits many attributes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace natsim::stun {

// The number of code points; nullopt when `text` is not well-formed UTF-8 (RFC 3629).
std::optional<std::size_t> utf8_length(std::string_view text);

}  // namespace natsim::stun
