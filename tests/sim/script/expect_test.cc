// Expectations, metrics and parameters: what comes out of a run.
#include "script_test.h"

#include <string>
#include <vector>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// What a failed expectation says.
std::string failure_of(std::string_view body) {
  const Outcome outcome = run_body(body);
  EXPECT_EQ(outcome.verdict, Verdict::fail) << body << " " << outcome.error;
  return outcome.failures.empty() ? "" : outcome.failures.front().message;
}

void holds(std::string_view body) {
  const Outcome outcome = run_body(body);
  EXPECT_EQ(outcome.verdict, Verdict::pass)
      << body << " " << outcome.error
      << (outcome.failures.empty() ? "" : outcome.failures.front().message);
}

TEST(Expect, AFailureTellsLineAndValues) {
  const Outcome outcome = run_file(
      "scenario('s', function(net)\n"
      "  metric('before', 1)\n"
      "  expect(3.5).at_most(2)\n"
      "  metric('after', 2)\n"
      "end)\n");
  EXPECT_EQ(outcome.verdict, Verdict::fail);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.failures.size(), 1u);
  const Failure& failure = outcome.failures.front();
  EXPECT_EQ(to_string(failure.at), "test.lua:3");
  EXPECT_EQ(failure.expectation, "expect(3.5).at_most(2)");
  EXPECT_EQ(failure.message, "expected at most 2, got 3.5");
  EXPECT_EQ(failure.expected, "at most 2");
  EXPECT_EQ(failure.actual, "3.5");
  ASSERT_EQ(outcome.metrics.size(), 1u);  // the scenario ended there
}

TEST(Expect, Equals) {
  holds(
      "expect(1).equals(1) expect(1).equals(1.0) expect('a').equals('a') expect(nil).equals(nil)");
  holds("expect(true).equals(true) expect({1, {2}}).equals({1, {2}})");
  holds("expect(duration('90s')).equals('1.5min')");
  EXPECT_EQ(failure_of("expect('relay').equals('srflx')"), "expected \"srflx\", got \"relay\"");
  EXPECT_EQ(failure_of("expect({1, 2}).equals({1, 3})"), "expected { 1, 3 }, got { 1, 2 }");
  EXPECT_EQ(failure_of("expect(nil).equals(false)"), "expected false, got nothing");
  EXPECT_EQ(failure_of("expect('1').equals(1)"), "expected 1, got \"1\"");
}

TEST(Expect, Order) {
  holds("expect(2).at_most(2) expect(2).at_least(2) expect(2).between(1, 2)");
  holds("expect(duration('1s')).between('999ms', duration('1s'))");
  EXPECT_EQ(failure_of("expect(duration('3s')).at_most('2s')"), "expected at most 2s, got 3s");
  EXPECT_EQ(failure_of("expect(5).between(1, 4)"), "expected from 1 to 4, got 5");
  // What has not happened is no mistake of the script.
  EXPECT_EQ(failure_of("expect(nil).at_most(2)"), "expected at most 2, got nothing");
  EXPECT_EQ(error_of("expect('5').at_most(2)"),
            "test.lua:1: expect: \"5\" cannot be compared with 2: both must be numbers, or both "
            "durations");
  EXPECT_EQ(error_of("expect(duration('1s')).at_most('2')"),
            "test.lua:1: expect: expected a duration such as \"20ms\", got \"2\": it has no unit "
            "(ns, us, ms, s, min, h, d)");
}

TEST(Expect, MatchesAndContains) {
  holds("expect('192.0.2.1:5000').matches('^192%.0%.2%.%d+:5000$')");
  holds("expect('a.b').contains('.') expect({'host', 'relay'}).contains('relay')");
  holds("expect({duration('1s')}).contains(duration('1s'))");
  EXPECT_EQ(failure_of("expect({'host'}).contains('relay')"),
            "expected something that contains \"relay\", got { \"host\" }");
  EXPECT_EQ(failure_of("expect('abc').matches('^b')"), "expected a match of \"^b\", got \"abc\"");
  EXPECT_EQ(error_of("expect(5).contains(5)"),
            "test.lua:1: expect: only a text or a list can contain something, this is 5");
}

TEST(Expect, Never) {
  holds("expect(1).never.equals(2) expect({1}).never.contains(2) expect(nil).never.equals(1)");
  EXPECT_EQ(failure_of("expect(1).never.equals(1)"), "expected not 1, got 1");
}

TEST(Expect, CanBeCalledWithAColon) { holds("expect(1):equals(1)"); }

TEST(Expect, MisuseIsAnError) {
  EXPECT_EQ(error_of("expect(1).at_msot(2)"),
            "test.lua:1: expect has no assertion 'at_msot'; did you mean 'at_most'?");
  EXPECT_EQ(error_of("expect(1).equals()"), "test.lua:1: expect: equals takes one value, not 0");
  EXPECT_EQ(error_of("\nexpect(1)"),
            "test.lua:2: expect() alone checks nothing: write expect(value).equals(…) or the like");
  EXPECT_EQ(error_of("\nexpect(1)\nexpect(2).equals(2)"),
            "test.lua:3: expect() alone checks nothing: write expect(value).equals(…) or the like "
            "(it was made at line 2)");
}

TEST(Outcome, CountsWhatWasChecked) {
  EXPECT_TRUE(run_body("sleep('1s')").checks_nothing());
  const Outcome outcome = run_body("expect(1).equals(1) expect(2).equals(2)");
  EXPECT_EQ(outcome.expectations, 2u);
  EXPECT_FALSE(outcome.checks_nothing());
  EXPECT_FALSE(run_body("metric('m', 1)").checks_nothing());
}

TEST(Outcome, FailEndsTheScenario) {
  EXPECT_EQ(failure_of("fail('not like this')"), "not like this");
}

TEST(Outcome, MetricsKeepTheirOrderAndType) {
  const Outcome outcome = run_body(
      "metric('z', 1) metric('a', 0.5) metric('t', duration('85ms')) metric('b', true) "
      "metric('s', 'relay')");
  const std::vector<std::string> expected = {"z=1", "a=0.5", "t=85ms", "b=true", "s=relay"};
  ASSERT_EQ(outcome.metrics.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(outcome.metrics[i].name + "=" + to_string(outcome.metrics[i].value), expected[i]);
  }
  EXPECT_TRUE(std::holds_alternative<Duration>(outcome.metrics[2].value));
  EXPECT_EQ(error_of("metric('m', {})"),
            "test.lua:1: metric: expected a value for 'm' that is a number, a duration, a text or "
            "a boolean, got a table");
  EXPECT_EQ(error_of("metric('m', 1) metric('m', 2)"),
            "test.lua:1: metric: 'm' has been reported already");
  EXPECT_EQ(error_of("metric('m', 0/0)"),
            "test.lua:1: metric: the value of 'm' is not a finite number");
}

TEST(Outcome, LogsTellTheVirtualTime) {
  const Outcome outcome = run_body("log('a', 1, nil) sleep('1500ms') print(net:now())");
  ASSERT_EQ(outcome.logs.size(), 2u);
  EXPECT_EQ(outcome.logs[0].text, "a 1 nil");
  EXPECT_EQ(outcome.logs[1].text, "1.5s");
  EXPECT_EQ(outcome.logs[1].at, Time{} + milliseconds(1500));
  EXPECT_EQ(outcome.simulated, milliseconds(1500));
}

TEST(Outcome, TheFunctionsEndIsTheRunsEnd) {
  // The source would go on for ever.
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    a:udp_source({ to = "192.0.2.77:9", interval = "1ms" })
    sleep("10s"))");
  EXPECT_EQ(outcome.verdict, Verdict::pass);
  EXPECT_EQ(outcome.simulated, seconds(10));
  EXPECT_EQ(outcome.packets, 10'001u);  // one a millisecond, both ends included
}

RunOptions with(std::vector<Setting> settings) {
  RunOptions options;
  options.settings = std::move(settings);
  return options;
}

TEST(Param, TheDefaultGivesTheType) {
  EXPECT_EQ(value_of("param('x', 5)"), "5");
  EXPECT_EQ(value_of("param('x', 5) + 1", with({{"x", "6"}})), "7");
  EXPECT_EQ(value_of("param('x', 0.5) * 2", with({{"x", "3"}})), "6.0");
  EXPECT_EQ(value_of("not param('x', false)", with({{"x", "true"}})), "false");
  EXPECT_EQ(value_of("param('x', '20ms')", with({{"x", "1s"}})), "1s");
  EXPECT_EQ(value_of("param('x', duration('20ms')) * 2", with({{"x", "1s"}})), "2s");
  EXPECT_EQ(value_of("param('x', 'symmetric')", with({{"x", "full-cone"}})), "full-cone");
  EXPECT_EQ(error_of("param('x', 5)", with({{"x", "5.5"}})),
            "test.lua:1: param: 'x' is set to \"5.5\", expected a whole number");
  EXPECT_EQ(error_of("param('x', '20ms')", with({{"x", "20"}})),
            "test.lua:1: param: 'x' is set to \"20\", expected a duration such as \"20ms\"");
  EXPECT_EQ(error_of("param('x', '1Mbit')", with({{"x", "1s"}})),
            "test.lua:1: param: 'x' is set to \"1s\", expected a rate such as \"1.5Mbit\"");
  EXPECT_EQ(error_of("param('x', true)", with({{"x", "yes"}})),
            "test.lua:1: param: 'x' is set to \"yes\", expected true or false");
  EXPECT_EQ(error_of("param('x', {})"),
            "test.lua:1: param: expected a default for 'x' that is a text, a number, a duration or "
            "a boolean, got a table");
}

// The error about its value is the only one.
TEST(Param, ABadSettingIsDeclaredAllTheSame) {
  const std::vector<Setting> settings = {{"n", "abc"}, {"later", "1"}};
  const Outcome outcome = run_body("param('n', 3) param('later', 4)", with(settings));
  EXPECT_EQ(outcome.error, "test.lua:1: param: 'n' is set to \"abc\", expected a whole number");
  ASSERT_EQ(outcome.params.size(), 1u);
  EXPECT_EQ(to_string(outcome.params[0].value), "3");
  const std::vector<Outcome> outcomes = {outcome};
  EXPECT_EQ(undeclared_setting(settings, outcomes), std::nullopt);
}

TEST(Located, TakesThePlaceOffAnError) {
  const auto at = [](std::string_view error) {
    const LocatedError parts = located(error, "a.lua");
    return parts.at.file + "|" + std::to_string(parts.at.line) + "|" + parts.message;
  };
  EXPECT_EQ(at("a.lua:12: no such thing: x"), "a.lua|12|no such thing: x");
  EXPECT_EQ(at("lib/b.lua:3: odd"), "lib/b.lua|3|odd");
  EXPECT_EQ(at("a.lua: no such file"), "a.lua|0|no such file");
  EXPECT_EQ(at("param: 'x' is odd"), "a.lua|0|param: 'x' is odd");
  EXPECT_EQ(at("odd"), "a.lua|0|odd");
}

TEST(Param, IsReportedWithItsDefault) {
  const Outcome outcome =
      run_body("param('loss', '1%') param('n', 3) param('loss', '1%')", with({{"loss", "5%"}}));
  ASSERT_EQ(outcome.params.size(), 2u);
  EXPECT_EQ(outcome.params[0].name, "loss");
  EXPECT_EQ(to_string(outcome.params[0].value), "5%");
  EXPECT_EQ(to_string(outcome.params[0].default_value), "1%");
  EXPECT_EQ(error_of("param('n', 3) param('n', 4)"),
            "test.lua:1: param: 'n' was declared before with the default 3, now with 4");
}

TEST(Param, ASettingThatNobodyDeclaresIsFound) {
  const std::vector<Outcome> outcomes = {run_body("param('loss', '1%')"),
                                         run_body("param('n', 3)")};
  EXPECT_EQ(undeclared_setting(std::vector<Setting>{{"loss", "1%"}, {"n", "1"}}, outcomes),
            std::nullopt);
  EXPECT_EQ(undeclared_setting(std::vector<Setting>{{"n", "1"}, {"lost", "1%"}}, outcomes),
            "no scenario has declared the parameter 'lost'; did you mean 'loss'?");
}

TEST(Scenario, FilesHoldSeveral) {
  const auto file = load_text("test.lua",
                              "shared = 0\n"
                              "scenario('one', function() shared = shared + 1 metric('n', shared) "
                              "end)\n"
                              "scenario('two', function() shared = shared + 1 metric('n', shared) "
                              "end)\n");
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file.value().scenarios.size(), 2u);
  EXPECT_EQ(file.value().scenarios[1].name, "two");
  EXPECT_EQ(file.value().scenarios[1].line, 3);
  // They share nothing.
  EXPECT_EQ(metric_of(run_scenario(file.value(), 0, {}), "n"), "1");
  EXPECT_EQ(metric_of(run_scenario(file.value(), 1, {}), "n"), "1");
}

TEST(Scenario, MisuseIsAnError) {
  const auto error = [](const char* source) { return load_text("test.lua", source).error(); };
  EXPECT_EQ(error("scenario('a', function() end)\nscenario('a', function() end)"),
            "test.lua:2: scenario: 'a' is declared at line 1 already");
  EXPECT_EQ(error("scenario('a')"),
            "test.lua:1: scenario: expected a function after the name, got nothing");
  EXPECT_EQ(error("scenario(5, function() end)"), "test.lua:1: scenario: expected a text, got 5");
  EXPECT_EQ(error("\nsleep('1s')"),
            "test.lua:2: no time can pass here: only a scenario's function, and what it calls, can "
            "wait");
  EXPECT_EQ(error_of("scenario('b', function() end)"),
            "test.lua:1: scenario: a scenario cannot be declared inside another");
  EXPECT_EQ(error_of("table.sort({1, 2}, function() sleep('1s') end)"),
            "test.lua:1: no time can pass here: only a scenario's function, and what it calls, can "
            "wait");
}

TEST(Units, AreAskedFor) {
  EXPECT_EQ(error_of("sleep(5)"),
            "test.lua:1: sleep: expected a duration such as \"20ms\", got 5: it needs a unit");
  EXPECT_EQ(error_of("sleep('-1s')"),
            "test.lua:1: sleep: expected a duration such as \"20ms\", got \"-1s\": it must not be "
            "negative");
}

TEST(Log, ShowsWhatTablesHold) {
  const auto log_of = [](const std::string& values) {
    const Outcome outcome = run_body("log(" + values + ")");
    return outcome.logs.empty() ? outcome.error : outcome.logs.front().text;
  };
  EXPECT_EQ(log_of("'a', {}, 1"), "a {} 1");
  EXPECT_EQ(log_of("{ 1, 'two', duration('3s') }"), "{ 1, \"two\", 3s }");
  EXPECT_EQ(log_of("{ 1, z = 2, a = { b = true } }"), "{ 1, a = { b = true }, z = 2 }");
  EXPECT_EQ(log_of("{ [{}] = 1, [1.5] = 2 }"), "{ [1.5] = 2, [a table] = 1 }");
  EXPECT_EQ(log_of("{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 }"),
            "{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, … }");
  EXPECT_EQ(log_of("{ { { { 1 } } } }"), "{ { { { … } } } }");
  EXPECT_EQ(log_of("setmetatable({}, { __tostring = function() return 'mine' end })"), "mine");
  EXPECT_EQ(log_of("{ net:router('r') }"), "{ router 'r' }");
}

TEST(Durations, Arithmetic) {
  EXPECT_EQ(value_of("duration('1s') + '20ms' - duration('10ms')"), "1.01s");
  EXPECT_EQ(value_of("'1s' + duration('20ms')"), "1.02s");
  EXPECT_EQ(value_of("2 * duration('1.5s')"), "3s");
  EXPECT_EQ(value_of("duration('1s') * 0.25"), "250ms");
  EXPECT_EQ(value_of("duration('1s') / 4"), "250ms");
  EXPECT_EQ(value_of("duration('1s') / duration('250ms')"), "4.0");
  EXPECT_EQ(value_of("-duration('1s')"), "-1s");
  EXPECT_EQ(value_of("duration('1s') < '2s' and duration('1s') == duration('1000ms')"), "true");
  EXPECT_EQ(value_of("'took ' .. duration('85ms')"), "took 85ms");
  EXPECT_EQ(value_of("duration('1500ms').seconds .. ' ' .. duration('2ms').nanoseconds"),
            "1.5 2000000");
  EXPECT_EQ(error_of("local x = duration('1s').second"),
            "test.lua:1: a duration has no field 'second'; did you mean 'seconds'?");
  EXPECT_EQ(error_of("sleep(-duration('1s'))"),
            "test.lua:1: sleep: expected a duration that is not negative, got -1s");
  EXPECT_EQ(error_of("local x = duration('100000d') * 1000"),
            "test.lua:1: the duration is too large");
  EXPECT_EQ(error_of("local x = duration('1s') / 0"), "test.lua:1: the duration is too large");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
