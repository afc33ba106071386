// Lua's library gives the same in every run.
#include "script_test.h"

#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

TEST(StableLibrary, PairsFollowsTheKeysAlone) {
  const char* const body = R"(
    local t = {}
    for _, k in ipairs({ "delta", "alpha", "echo", "bravo", "charlie" }) do t[k] = true end
    t[10] = 1; t[2] = 1; t[1.5] = 1; t[-3] = 1; t[true] = 1; t[false] = 1
    local keys = {}
    for k in pairs(t) do keys[#keys + 1] = tostring(k) end
    metric("keys", table.concat(keys, " ")))";
  EXPECT_EQ(metric_of(run_body(body), "keys"),
            "-3 1.5 2 10 alpha bravo charlie delta echo false true");
}

TEST(StableLibrary, PairsOrdersObjectsByTheirMaking) {
  const char* const body = R"(
    local t = {}
    local first, second, third = net:router("zeta"), net:router("alpha"), net:router("mid")
    t[third] = 1; t[first] = 1; t[second] = 1
    local names = {}
    for r in pairs(t) do names[#names + 1] = r.name end
    metric("names", table.concat(names, " ")))";
  EXPECT_EQ(metric_of(run_body(body), "names"), "zeta alpha mid");
}

TEST(StableLibrary, PairsWhileTheTableChanges) {
  const char* const body = R"(
    local t = { a = 1, b = 2, c = 3 }
    local seen = ""
    for k, v in pairs(t) do
      seen = seen .. k .. v
      t.b = nil
      t[k] = 9
    end
    metric("seen", seen))";
  EXPECT_EQ(metric_of(run_body(body), "seen"), "a1c3");
}

TEST(StableLibrary, KeysWithoutAnOrderAreRefused) {
  EXPECT_EQ(error_of("for k in pairs({ [{}] = 1 }) do end"),
            "test.lua:1: a table with a table as a key has no order that is the same in every run; "
            "walk it by keys of your own");
  EXPECT_EQ(error_of("pairs(nil)"), "test.lua:1: pairs: expected a table, got nil");
}

TEST(StableLibrary, NextGoesInTheSameOrder) {
  EXPECT_EQ(value_of("next({})"), "nil");
  EXPECT_EQ(value_of("next({ b = 1, a = 1 })"), "a");
  EXPECT_EQ(value_of("next({ b = 1, a = 1 }, 'a')"), "b");
  EXPECT_EQ(value_of("next({ b = 1, a = 1 }, 'b')"), "nil");
}

TEST(StableLibrary, NoAddressShows) {
  EXPECT_EQ(value_of("{}"), "table");
  EXPECT_EQ(value_of("print"), "function");
  EXPECT_EQ(value_of("setmetatable({}, { __name = 'point' })"), "point");
  EXPECT_EQ(value_of("string.format('%s %5.1f %s', {}, 1.25, 'x')"), "table   1.2 x");
  EXPECT_EQ(value_of("('%s'):format(net)"), "net");
  EXPECT_EQ(error_of("string.format('%-8p', {})"),
            "test.lua:1: string.format: %p would print an address, which differs between runs");
  EXPECT_EQ(value_of("string.format('%%p')"), "%p");
}

TEST(StableLibrary, SortIsStable) {
  const char* const body = R"(
    local t = {}
    for i = 1, 300 do t[i] = { key = i % 3, place = i } end
    table.sort(t, function(a, b) return a.key < b.key end)
    local good = true
    for i = 2, #t do
      local a, b = t[i - 1], t[i]
      good = good and (a.key < b.key or (a.key == b.key and a.place < b.place))
    end
    local plain = { 3, 1, 2 }
    table.sort(plain)
    metric("good", good)
    metric("plain", table.concat(plain, " "))
    table.sort({ 3, 1, 2, 5, 4 }, function() return true end))";
  const Outcome outcome = run_body(body);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(metric_of(outcome, "good"), "true");
  EXPECT_EQ(metric_of(outcome, "plain"), "1 2 3");
}

TEST(StableLibrary, RandomFollowsTheSeed) {
  RunOptions one;
  RunOptions two;
  two.seed = 2;
  const std::string draw = "math.random(1, 1000000) .. ' ' .. math.random()";
  EXPECT_EQ(value_of(draw, one), value_of(draw, one));
  EXPECT_NE(value_of(draw, one), value_of(draw, two));
  EXPECT_EQ(error_of("math.randomseed(1)"),
            "test.lua:1: math.randomseed is not available: everything random follows the run's "
            "seed");
  EXPECT_EQ(error_of("math.random(5, 4)"), "test.lua:1: math.random: there is nothing from 5 to 4");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
