// What a script cannot do, and where its limits end it.
#include "script_test.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

RunOptions small_limits() {
  RunOptions options;
  options.limits = {.memory = 8'000'000, .instructions = 1'000'000, .events = 100'000};
  return options;
}

TEST(Sandbox, NothingReachesOutside) {
  EXPECT_EQ(error_of("os.execute('true')"),
            "test.lua:1: 'os' is not available: a scenario has no access to processes, files or "
            "the clock; its time is net:now()");
  EXPECT_EQ(error_of("io.open('/etc/passwd')"),
            "test.lua:1: 'io' is not available: a scenario has no access to files");
  EXPECT_EQ(error_of("load('return 1')"),
            "test.lua:1: 'load' is not available: a scenario runs no code but its files'");
  for (const char* const name : {"package", "debug", "dofile", "loadfile", "collectgarbage",
                                 "coroutine", "xpcall", "warn"}) {
    EXPECT_NE(error_of(std::string("local x = ") + name)
                  .find(std::string("'") + name + "' is not available"),
              std::string::npos)
        << name;
  }
  EXPECT_EQ(value_of("string.dump"), "nil");
}

TEST(Sandbox, UnknownNamesAreErrors) {
  EXPECT_EQ(error_of("\n expct(1)"),
            "test.lua:2: nothing is named 'expct'; did you mean 'expect'?");
  EXPECT_EQ(error_of("return undefined_thing"), "test.lua:1: nothing is named 'undefined_thing'");
}

TEST(Sandbox, EndlessLoopsEndAtTheLimit) {
  EXPECT_EQ(error_of("\nwhile true do end", small_limits()),
            "test.lua:2: the script has run 1000000 instructions, which is its limit; does a loop "
            "never end? Calls into the simulation and memory count as well; --max-instructions "
            "allows more");
}

TEST(Sandbox, AGigabyteStringEndsAtOnce) {
  EXPECT_EQ(error_of("\nlocal s = string.rep('x', 1 << 30)", small_limits()),
            "test.lua:2: the script has used up its memory; its limit is 8MB");
  EXPECT_EQ(error_of("\nlocal t = {}\nwhile true do t[#t + 1] = {} end", small_limits()),
            "test.lua:3: the script has used up its memory; its limit is 8MB");
}

TEST(Sandbox, LoopsInsideTheLibraryCount) {
  const std::string limit =
      "test.lua:1: the script has run 1000000 instructions, which is its limit; does a loop never "
      "end? Calls into the simulation and memory count as well; --max-instructions allows more";
  EXPECT_EQ(error_of("string.rep('', 1 << 60)", small_limits()), limit);
  EXPECT_EQ(error_of("table.move({}, 1, 1 << 60, 2)", small_limits()), limit);
  EXPECT_EQ(error_of("table.move({}, math.mininteger, math.maxinteger, 2)", small_limits()), limit);
  EXPECT_EQ(error_of("table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, "
                     "5)",
                     small_limits()),
            limit);
  EXPECT_EQ(
      error_of("local s = ('x'):rep(1000000) while true do local t = s .. s end", small_limits()),
      limit);
  EXPECT_EQ(value_of("table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ' ')"), "1 1 2 3");
  EXPECT_EQ(error_of("('a'):rep(2000):find(('a*'):rep(30) .. 'b')", small_limits()), limit);
  EXPECT_EQ(error_of("('a'):rep(1000000):find(('a'):rep(500000) .. 'b', 1, true)", small_limits()),
            limit);
  EXPECT_EQ(value_of("string.rep('ab', 3, '-')"), "ab-ab-ab");
}

TEST(Sandbox, ObjectsOfTheSimulatorCountAsMemory) {
  EXPECT_EQ(error_of("\nfor i = 1, 1e9 do net:router('r' .. i) end", small_limits()),
            "test.lua:2: the script has used up its memory; its limit is 8MB");
}

TEST(Sandbox, NoPcallHoldsALimitUp) {
  EXPECT_EQ(error_of("pcall(function() while true do end end) error('survived')", small_limits()),
            "test.lua:1: the script has run 1000000 instructions, which is its limit; does a loop "
            "never end? Calls into the simulation and memory count as well; --max-instructions "
            "allows more");
  EXPECT_EQ(error_of("pcall(string.rep, 'x', 1 << 30) error('survived')", small_limits()),
            "test.lua:1: the script has used up its memory; its limit is 8MB");
  EXPECT_EQ(error_of("pcall(pcall, pcall, function() while true do end end) error('survived')",
                     small_limits()),
            "test.lua:1: the script has run 1000000 instructions, which is its limit; does a loop "
            "never end? Calls into the simulation and memory count as well; --max-instructions "
            "allows more");
}

TEST(Sandbox, PcallHoldsOtherErrors) {
  EXPECT_EQ(value_of("select(2, pcall(error, 'oops', 0))"), "oops");
  EXPECT_EQ(value_of("select('#', pcall(function(...) return ... end, 1, nil, nil))"), "4");
  EXPECT_EQ(value_of("select(2, pcall(function() sleep('1s') return net:now() end))"), "1s");
}

TEST(Sandbox, NoPcallHoldsAFailureUp) {
  const Outcome outcome = run_body("pcall(function() expect(1).equals(2) end) metric('m', 1)");
  EXPECT_EQ(outcome.verdict, Verdict::fail);
  EXPECT_TRUE(outcome.metrics.empty());
}

TEST(Sandbox, AnEndlessSimulationEndsAtTheLimit) {
  RunOptions options = small_limits();
  options.limits.events = 1'000;
  EXPECT_EQ(error_of("\nwhile true do\nsleep('1s') end", options),
            "test.lua:3: the simulation has executed 1000 events, which is its limit; --max-events "
            "allows more");
}

TEST(Sandbox, LoopsThatOnlyWaitEndAtTheLimit) {
  for (const char* const pause : {"0s", "10ms"}) {
    EXPECT_EQ(error_of("\nwhile true do\nsleep('" + std::string(pause) + "') end", small_limits()),
              "test.lua:3: the script has run 1000000 instructions, which is its limit; does a "
              "loop never end? Calls into the simulation and memory count as well; "
              "--max-instructions allows more");
  }
}

TEST(Sandbox, ErrorsNameTheLibrarysFunctions) {
  EXPECT_EQ(error_of("string.format('%d', 3.5)"),
            "test.lua:1: bad argument #2 to 'format' (number has no integer representation)");
  EXPECT_EQ(error_of("string.rep('x', {})"),
            "test.lua:1: bad argument #2 to 'rep' (number expected, got table)");
  EXPECT_EQ(error_of("setmetatable(1, {})"),
            "test.lua:1: bad argument #1 to 'setmetatable' (table expected, got number)");
}

TEST(Sandbox, ErrorsTellWhereANilComesFrom) {
  const std::string build = R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet } })
    local home = net:home("home", { nat = "symmetric", wan = { internet } })
  )";
  EXPECT_EQ(error_of(build + "server.nat:mappings()"),
            "test.lua:5: attempt to index a nil value (field 'nat'): host 'server' has no nat");
  EXPECT_EQ(error_of(build + "local x = server.nat local t = {} t.list.x = 1"),
            "test.lua:5: attempt to index a nil value (field 'list')");
  EXPECT_EQ(error_of(build + "local x = home.nat:mappings()[1].external"),
            "test.lua:5: attempt to index a nil value (an element of a table)");
}

TEST(Sandbox, RecursionWithoutEndIsAnError) {
  const std::string error = error_of("local function f() return 1 + f() end f()");
  EXPECT_TRUE(error.starts_with("test.lua:1: stack overflow")) << error;
}

TEST(Sandbox, FinalisersAndWeakTablesAreRefused) {
  EXPECT_EQ(error_of("setmetatable({}, { __gc = function() end })"),
            "test.lua:1: setmetatable: __gc is not available: it would follow the garbage "
            "collector");
  EXPECT_EQ(value_of("getmetatable(setmetatable({}, { x = 5 })).x"), "5");
}

TEST(Sandbox, TooLittleMemoryToBeginWith) {
  RunOptions options;
  options.limits.memory = 1'000;
  EXPECT_EQ(error_of("", options), "test.lua: the script has used up its memory; its limit is 1kB");
}

class SandboxFolder : public testing::Test {
 protected:
  SandboxFolder() {
    std::filesystem::create_directories(folder_ / "lib");
    write("main.lua", "local m = require('lib.m')\nscenario('s', function() metric('m', m.x) end)");
    write("lib/m.lua", "return { x = 7 }");
    write("bad.lua", "local x = = 1");
    write("../outside.lua", "return 1");
  }
  ~SandboxFolder() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::remove(folder_ / "../outside.lua");
  }
  SandboxFolder(const SandboxFolder&) = delete;
  SandboxFolder& operator=(const SandboxFolder&) = delete;

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::string load_error(const std::string& text) {
    write("case.lua", text);
    return load_file((folder_ / "case.lua").string()).error();
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "natsim_sandbox";
};

TEST_F(SandboxFolder, RequireLoadsFilesOfTheScenariosFolder) {
  const auto file = load_file((folder_ / "main.lua").string());
  ASSERT_TRUE(file.ok()) << file.error();
  EXPECT_EQ(metric_of(run_scenario(file.value(), 0, {}), "m"), "7");
}

TEST_F(SandboxFolder, RequireReachesNothingElse) {
  const std::string path = (folder_ / "case.lua").string();
  EXPECT_EQ(load_error("require('../outside')"),
            path +
                ":1: require: '../outside' is not a module's name: words joined by dots, of the "
                "scenario's folder");
  EXPECT_EQ(load_error("\nrequire('absent')"), path + ":2: require: there is no module 'absent': " +
                                                   (folder_ / "absent.lua").string() +
                                                   ": no such file");
  std::filesystem::create_symlink(folder_ / "../outside.lua", folder_ / "link.lua");
  EXPECT_EQ(load_error("require('link')"), path +
                                               ":1: require: " + (folder_ / "link.lua").string() +
                                               " lies outside the scenario's folder");
}

TEST_F(SandboxFolder, ErrorsNameTheWholePathHoweverLong) {
  EXPECT_TRUE(load_file((folder_ / "bad.lua").string())
                  .error()
                  .starts_with((folder_ / "bad.lua").string() + ":1: unexpected symbol"))
      << load_file((folder_ / "bad.lua").string()).error();
  const std::string deep = "a_folder_with_a_name_that_is_longer_than_what_lua_shows_of_a_path";
  std::filesystem::create_directories(folder_ / deep);
  write(deep + "/case.lua", "\nlocal x = nil + 1");
  const std::string path = (folder_ / deep / "case.lua").string();
  EXPECT_EQ(load_file(path).error(), path + ":2: attempt to perform arithmetic on a nil value");
  write(deep + "/case.lua", "local x = = 1");
  EXPECT_TRUE(load_file(path).error().starts_with(path + ":1: unexpected symbol"))
      << load_file(path).error();
}

TEST_F(SandboxFolder, OnlyTextIsLoaded) {
  const std::string path = (folder_ / "case.lua").string();
  EXPECT_EQ(load_error("\x1bLua"), path + ": is compiled Lua; a script must be text");
  EXPECT_EQ(load_file((folder_ / "absent.lua").string()).error(),
            (folder_ / "absent.lua").string() + ": no such file");
  EXPECT_EQ(load_file(folder_.string()).error(), folder_.string() + ": not a regular file");
  EXPECT_EQ(load_error("local x = 1"),
            path + ": it declares no scenario(name, function(net) … end)");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
