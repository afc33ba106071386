// What kind of value a parameter takes or a metric has, and its size as a number in a base unit.
#pragma once

#include <optional>
#include <string>

#include "sim/script/quantity.h"
#include "sim/script/scenario.h"
#include "stack/base/result.h"

namespace natsim::script {

// A text that is a written quantity ("20ms", "1.5Mbit", "64kB", "0.5%") counts as that quantity.
Quantity quantity_of(const ReportedValue& value);

// The value in base units: seconds, bits per second, bytes, a share from 0 to 1, and 0 or 1 for a
// boolean. nullopt for a text that is no quantity, and for the rate "unlimited".
std::optional<double> number_in(const ReportedValue& value);

// `text` as a value of the kind that `like` has; a quantity stays the text that it was written as.
// The error says what was expected: a duration such as "20ms".
Result<ReportedValue> read_like(const ReportedValue& like, const std::string& text);

}  // namespace natsim::script
