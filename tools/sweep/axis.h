// A parameter that is varied, with the values that it takes.
#pragma once

#include <string>
#include <vector>

#include "stack/base/result.h"

namespace natsim::sweep {

struct Axis {
  std::string name;
  std::vector<std::string> values;  // as --set takes them; distinct, at least one
};

// Reads "name=a,b,c". An item "from:to:step" of three numbers or quantities with one unit, or of
// three durations, stands for from, from + step … up to `to`, exactly. Other items stand for
// themselves. The error says what is wrong with it.
Result<Axis> parse_axis(const std::string& text);

}  // namespace natsim::sweep
