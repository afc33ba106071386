// What a run came to, as the results database keeps it.
#pragma once

#include "sim/script/scenario.h"
#include "tools/results/store.h"

namespace natsim::sweep {

// The row without its run, point and seed. Durations and written quantities become numbers in base
// units.
results::RunRow row_of(const script::Outcome& outcome);

}  // namespace natsim::sweep
