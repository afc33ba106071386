// Errors of a script, as the person who wrote it reads them: "FILE:LINE: message".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/script/lua.h"
#include "sim/script/scenario.h"

namespace natsim::script {

// The line of the script that is running on `lua`'s stack: that of its innermost Lua function;
// nullopt if there is none. On a coroutine that has ended by an error it is where the error arose.
std::optional<Location> running_line(lua_State* lua);

// Ends the running call with an error at the script's present line.
[[noreturn]] void raise(lua_State* lua, std::string_view message);

template <typename... Values>
[[noreturn]] void raise(lua_State* lua, fmt::format_string<Values...> format, Values&&... values) {
  raise(lua, std::string_view(fmt::format(format, std::forward<Values>(values)...)));
}

// The message for people of the error value on top of `lua`'s stack, which it pops: with a line in
// front whatever the script raised. `path` stands in front where no line is known.
std::string error_text(lua_State* lua, std::string_view path);

}  // namespace natsim::script
