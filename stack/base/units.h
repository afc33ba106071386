// Written quantities: "20ms", "1.5Mbit", "64kB", "0.5%". A quantity always has its unit.
//
// A quantity is a decimal number without sign or exponent and a unit, with at most one space
// between. It is read with integers alone: what cannot be held exactly is an error, never rounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stack/base/result.h"
#include "stack/base/time.h"

namespace natsim {

// ns, us, ms, s, min, h, d; at most 292 years, and no finer than a nanosecond.
Result<Duration> parse_duration(std::string_view text);
// bit, kbit, Mbit, Gbit, Tbit, in bits per second and powers of 1000; "/s" may follow. "unlimited"
// is 0, as in net::LinkOptions; a rate of 0 is refused.
Result<std::uint64_t> parse_rate(std::string_view text);
// B, kB, MB, GB in powers of 1000; KiB, MiB, GiB in powers of 1024. In bytes.
Result<std::uint64_t> parse_size(std::string_view text);
// "0.5%", from 0% to 100%. A share from 0 to 1: the double nearest to what is written.
Result<double> parse_share(std::string_view text);

// What the parsers read, in the largest unit of a power of 1000 that keeps the number at one or
// more: "1.5Mbit" (or "unlimited"), "64kB".
std::string rate_text(std::uint64_t bits_per_second);
std::string size_text(std::uint64_t bytes);

// How an expected quantity is described in an error.
inline constexpr std::string_view a_duration = "a duration such as \"20ms\"";
inline constexpr std::string_view a_rate = "a rate such as \"1.5Mbit\"";
inline constexpr std::string_view a_size = "a size such as \"1500B\"";
inline constexpr std::string_view a_share = "a percentage such as \"0.5%\"";

}  // namespace natsim
