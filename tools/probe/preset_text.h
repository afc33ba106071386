// What was found about a NAT as a preset that scenarios can use.
#pragma once

#include <string>
#include <string_view>

#include "tools/probe/prober.h"

namespace natsim::probe {

// The roundest time within the bounds, as people set timeouts: of minutes if there is one, else of
// half minutes, ten seconds, five, one; otherwise the middle. A bound that is not known is the
// other one. Precondition: one is.
Duration timeout_within(const stun::BindingLifetime& lifetime);

// A Lua file that returns a table of NAT options. Each line says whether its value was measured;
// what could not be told stands as it is by default, and says so. `when` is a date, `server` as the
// user gave it. Precondition: something translates.
std::string preset_text(const Findings& findings, std::string_view server, std::string_view when);

}  // namespace natsim::probe
