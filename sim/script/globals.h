// What a script finds beside Lua's own library: scenario, sleep, log, metric, fail.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Installs
// - scenario(name, function(net) … end), at the top of a file only;
// - sleep(duration);
// - log(…) and print(…), which write a line into the run's log;
// - metric(name, value), each name once in a run;
// - fail(text), which ends the scenario as a failed expectation does.
void install_globals(lua_State* lua);

}  // namespace natsim::script
