// Lua's own headers. The library is its C++ build: an error is an exception, destructors run.
#pragma once

#include <lua.hpp>
