// param(name, default): what can be set from outside a scenario.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Installs `param(name, default)`, which gives the run's setting of that name, or the default. The
// default's type is the parameter's: a boolean, a whole number, a number, a quantity with the
// default's kind of unit, or a text. A setting of another type is an error; a quantity stays the
// text that it was written as.
void install_param(lua_State* lua);

}  // namespace natsim::script
