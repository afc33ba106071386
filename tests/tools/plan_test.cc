// Which runs a sweep is made of, and that its database holds the same whoever ran them.
#include "tools/sweep/plan.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "tools/sweep/threads.h"

namespace natsim::sweep {
namespace NATSIM_TEST_FILE {

using testing::HasSubstr;

constexpr const char* source = R"(
scenario("counts", function(net)
  local n = param("n", 1)
  local delay = param("delay", "10ms", { uniform = { "5ms", "50ms" } })
  local nat, firewall = param("nat", "symmetric", { nat_mix = "halkes2010" })
  metric("double", n * 2, { unit = "things" })
  metric("delay", duration(delay))
  metric("late", duration(delay) > "20ms")
  metric("box", firewall or nat)
  expect(n).at_most(3)
end)
)";

Result<Plan> plan_of(PlanOptions options) {
  auto file = script::load_text("counts.lua", source);
  return Plan::make(std::move(file.value()), 0, std::move(options));
}

std::vector<Axis> axes(std::initializer_list<const char*> texts) {
  std::vector<Axis> all;
  for (const char* const text : texts) all.push_back(parse_axis(text).value());
  return all;
}

std::string settings_text(const Plan& plan, std::int64_t point) {
  std::string text;
  for (const script::Setting& each : plan.settings_of(point)) {
    text += each.name + "=" + each.value + " ";
  }
  return text;
}

std::string refusal(PlanOptions options) {
  const auto plan = plan_of(std::move(options));
  return plan ? "no refusal" : plan.error();
}

TEST(Plan, GoesOverTheGridWithTheLastAxisFirst) {
  const auto made =
      plan_of({.axes = axes({"n=1,2", "delay=10ms,30ms,50ms"}), .seeds = 2, .first_seed = 7});
  ASSERT_TRUE(made.ok());
  const Plan& plan = made.value();
  EXPECT_EQ(plan.points(), 6);
  EXPECT_EQ(plan.runs(), 12);
  EXPECT_EQ(settings_text(plan, 0), "n=1 delay=10ms ");
  EXPECT_EQ(settings_text(plan, 1), "n=1 delay=30ms ");
  EXPECT_EQ(settings_text(plan, 5), "n=2 delay=50ms ");
  // Run 11 is the second of the last point.
  EXPECT_EQ(plan.point_of(11), 5);
  EXPECT_EQ(plan.seed_of(10), 7);
  EXPECT_EQ(plan.seed_of(11), 8);
}

TEST(Plan, DrawsTheSameInEveryCombinationWithSeedsOfTheirOwn) {
  const auto made = plan_of({.axes = axes({"n=1,2"}), .samples = 40, .seeds = 2});
  ASSERT_TRUE(made.ok());
  const Plan& plan = made.value();
  EXPECT_EQ(plan.points(), 80);
  std::set<std::string> different;
  for (std::int64_t draw = 0; draw < 40; ++draw) {
    const std::string first = settings_text(plan, draw);
    const std::string second = settings_text(plan, 40 + draw);
    EXPECT_EQ(first.substr(4), second.substr(4));
    EXPECT_EQ(plan.seed_of(2 * draw), 1 + 2 * draw);
    EXPECT_EQ(plan.seed_of(2 * (40 + draw)), 1 + 2 * draw);
    different.insert(first);
  }
  // Among 45 million nanoseconds none of 40 is drawn twice.
  EXPECT_EQ(different.size(), 40u);
}

TEST(Plan, DrawsAPopulationByItsShares) {
  const auto made = plan_of({.set = {{"delay", "10ms"}}, .samples = 4000});
  ASSERT_TRUE(made.ok());
  std::map<std::string, int> count;
  for (std::int64_t point = 0; point < 4000; ++point) {
    ++count[made.value().settings_of(point).front().value];
  }
  // 570 of 1006 and 47 of 1006, with 5 standard deviations of 4000 draws.
  EXPECT_NEAR(count["port-restricted"], 4000 * 570 / 1006, 5 * 32);
  EXPECT_NEAR(count["port-restricted+udp-blocked"], 4000 * 47 / 1006, 5 * 14);
  EXPECT_EQ(count.size(), 5u);
}

TEST(Plan, RunsWithWhatItSays) {
  const auto made = plan_of({.axes = axes({"n=3,4"}), .set = {{"nat", "full-cone+udp-blocked"}}});
  ASSERT_TRUE(made.ok());
  const results::RunRow passed = made.value().execute(0);
  EXPECT_EQ(passed.outcome, "pass");
  ASSERT_EQ(passed.metrics.size(), 4u);
  EXPECT_EQ(passed.metrics[0].name, "double");
  EXPECT_EQ(passed.metrics[0].unit, "things");
  EXPECT_EQ(std::get<std::int64_t>(passed.metrics[0].value), 6);
  EXPECT_EQ(passed.metrics[1].unit, "s");
  EXPECT_EQ(std::get<double>(passed.metrics[1].value), 0.01);
  EXPECT_EQ(passed.metrics[2].kind, "boolean");
  EXPECT_EQ(std::get<std::int64_t>(passed.metrics[2].value), 0);
  EXPECT_EQ(passed.metrics[3].kind, "text");
  EXPECT_EQ(std::get<std::string>(passed.metrics[3].value), "udp-blocked");
  const results::RunRow failed = made.value().execute(1);
  EXPECT_EQ(failed.outcome, "fail");
  EXPECT_EQ(failed.reason, "counts.lua:10: expected at most 3, got 4");
}

TEST(Plan, RefusesWhatTheScenarioDoesNotKnow) {
  EXPECT_THAT(refusal({.axes = axes({"m=1"})}), HasSubstr("not declared the parameter 'm'"));
  EXPECT_THAT(refusal({.axes = axes({"n=1,x"})}), HasSubstr("expected a whole number, got 'x'"));
  EXPECT_THAT(refusal({.axes = axes({"n=1", "n=2"})}), HasSubstr("varied twice"));
  EXPECT_THAT(refusal({.axes = axes({"n=1"}), .set = {{"n", "2"}}}), HasSubstr("fixed by --set"));
  EXPECT_THAT(refusal({.axes = axes({"delay=1ms", "nat=symmetric"}), .samples = 3}),
              HasSubstr("no distribution"));
  EXPECT_THAT(refusal({.samples = 1'000'000, .seeds = 1'000'000}), HasSubstr("more than"));
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "natsim_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Every row of every table.
std::string contents(const std::string& path) {
  const results::Database database(path, results::Database::Access::read);
  std::string text;
  for (const char* const table :
       {"sweep", "sources", "parameters", "settings", "runs", "metrics"}) {
    results::Statement all(database, std::string("SELECT * FROM ") + table);
    while (all.step()) {
      for (int column = 0; column < 6; ++column) text += all.text(column) + "|";
      text += "\n";
    }
  }
  return text;
}

void sweep(const Plan& plan, const std::string& path, std::int64_t from, std::int64_t to,
           unsigned workers) {
  auto store = results::Store::open(path, plan.charter("1"));
  ASSERT_TRUE(store.ok()) << store.error();
  std::vector<std::int64_t> runs;
  for (std::int64_t run = from; run < to; ++run) {
    if (!store.value().done(plan.runs())[static_cast<std::size_t>(run)]) runs.push_back(run);
  }
  Threads crew(plan, std::move(runs), workers);
  while (!crew.finished()) store.value().write(crew.take(std::chrono::milliseconds(2)));
}

TEST(Sweep, LeavesTheSameRowsHoweverItWasRun) {
  const Folder folder;
  const auto made = plan_of({.axes = axes({"n=1:4:1"}), .samples = 5, .seeds = 3});
  ASSERT_TRUE(made.ok());
  const Plan& plan = made.value();
  sweep(plan, folder / "one", 0, 60, 1);
  sweep(plan, folder / "eight", 0, 60, 8);
  sweep(plan, folder / "parts", 30, 47, 2);
  sweep(plan, folder / "parts", 20, 60, 3);
  sweep(plan, folder / "parts", 0, 60, 1);
  const std::string whole = contents(folder / "one");
  EXPECT_THAT(whole, HasSubstr("\n59|19|15|fail|counts.lua:10: expected at most 3, got 4|"));
  EXPECT_EQ(contents(folder / "eight"), whole);
  EXPECT_EQ(contents(folder / "parts"), whole);
  // Nothing is left beside it.
  EXPECT_FALSE(std::filesystem::exists(folder / "one-wal"));
}

TEST(Sweep, IsStoppedBetweenRuns) {
  const auto made = plan_of({.seeds = 100'000});
  ASSERT_TRUE(made.ok());
  std::vector<std::int64_t> runs(100'000);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i] = static_cast<std::int64_t>(i);
  Threads crew(made.value(), runs, 2);
  crew.stop();
  std::size_t taken = 0;
  while (!crew.finished()) taken += crew.take(std::chrono::milliseconds(1)).size();
  EXPECT_LT(taken, runs.size());
}

TEST(Store, RefusesTheDatabaseOfAnotherSweep) {
  const Folder folder;
  const auto open = [&folder](PlanOptions options) {
    const auto plan = plan_of(std::move(options));
    const auto store = results::Store::open(folder / "db", plan.value().charter("1"));
    return store ? std::string() : store.error();
  };
  EXPECT_EQ(open({.axes = axes({"n=1,2"})}), "");
  EXPECT_EQ(open({.axes = axes({"n=1,2"})}), "");
  EXPECT_THAT(open({.axes = axes({"n=1,2,3"})}), HasSubstr("vary n was '1,2' and is now '1,2,3'"));
  EXPECT_THAT(open({.axes = axes({"n=1,2"}), .seeds = 2}),
              HasSubstr("seeds was '1' and is now '2'"));
  EXPECT_THAT(open({.axes = axes({"n=1,2"}), .set = {{"delay", "1ms"}}}),
              HasSubstr("set delay was not given and is now '1ms'"));
  auto changed = script::load_text("counts.lua", std::string(source) + "-- more\n");
  const auto plan = Plan::make(std::move(changed.value()), 0, {.axes = axes({"n=1,2"})});
  const auto store = results::Store::open(folder / "db", plan.value().charter("1"));
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(store.error(), HasSubstr("counts.lua has been changed since"));
}

TEST(Store, RefusesWhatIsNoDatabaseOfASweep) {
  const Folder folder;
  const auto plan = plan_of({});
  std::ofstream(folder / "text") << "this is a text and no database at all, far from it";
  const auto text = results::Store::open(folder / "text", plan.value().charter("1"));
  ASSERT_FALSE(text.ok());
  EXPECT_THAT(text.error(), HasSubstr("not a database"));
  results::Database(folder / "other", results::Database::Access::write)
      .execute("CREATE TABLE other (a)");
  const auto other = results::Store::open(folder / "other", plan.value().charter("1"));
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error(), HasSubstr("not of a sweep"));
  const auto one = results::Store::open(folder / "mine", plan.value().charter("1"));
  const auto two = results::Store::open(folder / "mine", plan.value().charter("1"));
  ASSERT_FALSE(two.ok());
  EXPECT_THAT(two.error(), HasSubstr("another sweep writes to it"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sweep
