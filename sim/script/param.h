// param(name, default, distribution): what can be set from outside a scenario.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Installs `param(name, default, distribution)`, which gives the run's setting of that name, or the
// default. The default's type is the parameter's: a boolean, a whole number, a number, a quantity
// with the default's kind of unit, or a text. A setting of another type is an error; a quantity
// stays the text that it was written as. The distribution, which may be left out, is what a sweep
// draws from; without a setting a run has the default all the same.
void install_param(lua_State* lua);

}  // namespace natsim::script
