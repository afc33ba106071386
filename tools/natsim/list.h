// natsim run --list: what there is to run.
#pragma once

#include <vector>

#include "sim/script/scenario.h"
#include "tools/natsim/selection.h"

namespace natsim::cli {

// Prints the scenarios with their parameters and these's defaults, one JSON object a line or text.
// Which parameters a scenario has shows when it runs, so each is run. Gives back the exit code.
int list_scenarios(const std::vector<Chosen>& chosen, const Selection& selection, bool json);

}  // namespace natsim::cli
