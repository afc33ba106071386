// The pattern functions of the sandbox beside those of stock Lua.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/script/sandbox.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// Every way to use a pattern; errors become results.
constexpr std::string_view program = R"(
local subject, pattern, replacement, from = ...
local function results(ok, ...)
  local text = {}
  for i = 1, select("#", ...) do text[i] = tostring((select(i, ...))) end
  if not ok then return "error: " .. (text[1]:match("^[^:]*:%d+: (.*)$") or text[1]) end
  return table.concat(text, ",")
end
local all = {
  results(pcall(string.find, subject, pattern, from)),
  results(pcall(string.find, subject, pattern, from, true)),
  results(pcall(string.match, subject, pattern, from)),
  results(pcall(string.gsub, subject, pattern, replacement)),
  results(pcall(string.gsub, subject, pattern, "<%0>", 2)),
  results(pcall(string.gsub, subject, pattern, function(...) return select("#", ...) end)),
  results(pcall(string.gsub, subject, pattern, { a = "A", ab = false })),
  results(pcall(function()
    local found = {}
    for a, b in string.gmatch(subject, pattern, from) do
      found[#found + 1] = tostring(a) .. "/" .. tostring(b)
    end
    return table.concat(found, ";")
  end)),
}
return table.concat(all, "\n")
)";

std::string run(lua_State* lua, const std::string& subject, const std::string& pattern,
                const std::string& replacement, int from) {
  luaL_loadbuffer(lua, program.data(), program.size(), "=program");
  lua_pushlstring(lua, subject.data(), subject.size());
  lua_pushlstring(lua, pattern.data(), pattern.size());
  lua_pushlstring(lua, replacement.data(), replacement.size());
  lua_pushinteger(lua, from);
  lua_pcall(lua, 4, 1, 0);
  std::string text = lua_tostring(lua, -1);
  lua_settop(lua, 0);
  return text;
}

std::string both(const std::string& subject, const std::string& pattern,
                 const std::string& replacement = "%1", int from = 1) {
  Sandbox sandbox(Limits{}, Random(1), "");
  const std::unique_ptr<lua_State, void (*)(lua_State*)> stock(luaL_newstate(), lua_close);
  luaL_openlibs(stock.get());
  const std::string ours = run(sandbox.lua(), subject, pattern, replacement, from);
  EXPECT_EQ(ours, run(stock.get(), subject, pattern, replacement, from))
      << "subject '" << subject << "' pattern '" << pattern << "'";
  return ours;
}

TEST(Pattern, AnswersAsStockLuaDoes) {
  for (const char* const pattern :
       {"",       "^",     "$",           "b",    "^a",        "c$",       "(a)(b)", "()b()",
        "[a-c]+", "[^a]*", "[]x]",        "[a-]", "[%a-]",     "a-b",      "a?b?c?", "%w+",
        "%W",     "%d%d",  "(%a+)=(%a+)", "%b()", "%f[%w]%w+", "(a*(b)c)", "(.)%1",  ".-(b+)",
        "%",      "[",     "[a",          "[%",   "(",         ")",        "%1",     "%b",
        "%bx",    "%f",    "(()",         "a**",  "^*",        "%%"}) {
    for (const char* const subject : {"", "a", "abc", "aab bc=cc (x(y)z)", "a\tb 12 %", "xx]-^$"}) {
      both(subject, pattern);
      both(subject, pattern, "[%0%%]", -2);
    }
  }
  both("abc", "b", "%9");
  both("abc", "b", "%x");
  both("abc", "(b)", "%2", 99);
}

TEST(Pattern, AnswersAsStockLuaDoesForTextsWithZeros) {
  const std::string subject("a\0b\0", 4);
  both(subject, std::string("%z", 2));
  both(subject, std::string("\0b", 2));
  both(subject, "[^a]");
}

RC_GTEST_PROP(Pattern, AnswersAsStockLuaDoesForRandomPatterns, ()) {
  const auto piece = rc::gen::element<std::string>(
      "a", "b", "c", ".", "%a", "%d", "%s", "%W", "[ab]", "[^b]", "[a-c1]", "*", "+", "-", "?", "(",
      ")", "()", "%1", "%b()", "%f[%a]", "^", "$", "%", "[", "]");
  const auto pieces = *rc::gen::resize(8, rc::gen::container<std::vector<std::string>>(piece));
  std::string pattern;
  for (const std::string& p : pieces) pattern += p;
  const auto subject = *rc::gen::resize(
      12, rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c', '1', ' ', '(', ')')));
  both(subject, pattern, *rc::gen::element<std::string>("%1", "x", "%0%0"),
       *rc::gen::inRange(-5, 15));
  RC_ASSERT(!::testing::Test::HasFailure());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
