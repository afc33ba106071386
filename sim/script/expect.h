// expect(value).equals(…): what a scenario asserts.
#pragma once

#include <string_view>

#include "sim/script/lua.h"

namespace natsim::script {

// Installs `expect(value)`, whose result has
//   equals(x)          the same boolean, number, text or duration, or a list of the same
//   at_most(x)         numbers or durations
//   at_least(x)
//   between(low, high) both included
//   matches(pattern)   a text with a match of the Lua pattern
//   contains(x)        a text with the text x in it, or a list with an element that equals x
//   never              the same assertions, denied
// Where the value is a duration, texts such as "2s" are read as durations. An assertion that does
// not hold ends the scenario with the verdict `fail`; one that cannot be made of such values is an
// error of the script. A value of nil only ever equals nil.
void install_expect(lua_State* lua);

// What is said of an expect() that no assertion follows.
inline constexpr std::string_view undecided_expectation =
    "expect() alone checks nothing: write expect(value).equals(…) or the like";

}  // namespace natsim::script
