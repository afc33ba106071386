// Which runs a figure is of.
#pragma once

#include <string>
#include <vector>

#include "stack/base/result.h"
#include "tools/results/frame.h"

namespace natsim::figures {

// The rows that meet all conditions "NAME=VALUE", "NAME!=VALUE", and of numbers "NAME<VALUE",
// "<=", ">" and ">=", where a value may have a unit: "interval<=30s". A run without NAME meets
// none. The error says what is wrong with a condition.
Result<std::vector<std::size_t>> rows_where(const results::Frame& frame,
                                            const std::vector<std::string>& conditions);

}  // namespace natsim::figures
