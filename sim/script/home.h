// net:home and net:nat: a box with a network behind it.
#pragma once

#include "sim/script/lua.h"

namespace natsim::script {

// Bindings, with the name at index 2 and the options at index 3.
//
// net:home makes the box "<name>-nat" (or "<name>-router" where `nat` is "none"), joins it to the
// outside by `wan`, and makes the hosts behind it, which it returns: one with the home's name, or
// as many as `hosts` says. With `firewall` there is "<name>-firewall" between box and outside, or
// in the place of the router; with `clat` there is "<name>-clat" there.
int make_home(lua_State* lua);
// net:nat makes the NAT "<name>", joins it to the outside by `wan`, and returns it.
int make_nat(lua_State* lua);

}  // namespace natsim::script
