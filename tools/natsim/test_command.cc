// natsim test: all scenarios of files and folders, and what became of them, for people and for CI.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "tools/natsim/commands.h"
#include "tools/natsim/golden_check.h"
#include "tools/natsim/interruption.h"
#include "tools/natsim/report.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/sweep_progress.h"
#include "tools/natsim/terminal.h"
#include "tools/natsim/test_runs.h"
#include "tools/suite/reports.h"

namespace natsim::cli {
namespace {

using suite::CaseOutcome;
using suite::CaseResult;

struct TestArguments {
  std::string program;  // natsim as it was called
  std::vector<std::string> paths;
  std::string only;
  std::string seeds = "1";
  unsigned workers = 1;
  std::string junit;
  bool tap = false;
  bool github = false;
  bool json = false;
  bool update_golden = false;
};

// "3" or "1..20".
Result<std::pair<std::uint64_t, std::uint64_t>> parse_seeds(const std::string& text) {
  const auto number = [](std::string_view part) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto result = std::from_chars(part.data(), part.data() + part.size(), value);
    if (result.ec != std::errc() || result.ptr != part.data() + part.size()) return std::nullopt;
    return value;
  };
  const std::size_t dots = text.find("..");
  const auto first = number(std::string_view(text).substr(0, dots));
  const auto last =
      dots == std::string::npos ? first : number(std::string_view(text).substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first >= 1'000'000) {
    return Error{fmt::format(
        "--seeds {}: expected a seed or a range such as 1..20, of at most a million", text)};
  }
  return std::pair(*first, *last);
}

// The files, and in the order of their names those of the folders.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
      if (entry.is_regular_file() && entry.path().extension() == ".lua") {
        inside.push_back(entry.path().string());
      }
    }
    if (error) return Error{fmt::format("{}: {}", path, error.message())};
    if (inside.empty()) return Error{fmt::format("{}: there is no file *.lua", path)};
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

struct Score {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  std::size_t not_run = 0;

  void add(CaseOutcome outcome) {
    if (outcome == CaseOutcome::passed) ++passed;
    if (outcome == CaseOutcome::failed) ++failed;
    if (outcome == CaseOutcome::error) ++errors;
    if (outcome == CaseOutcome::skipped) ++skipped;
    if (outcome == CaseOutcome::not_run) ++not_run;
  }
};

// Says what became of a case; `number` counts from 1.
void tell(const TestArguments& arguments, std::size_t number, const TestRun& run) {
  const bool bad =
      run.result.outcome == CaseOutcome::failed || run.result.outcome == CaseOutcome::error;
  if (arguments.tap) {
    std::cout << suite::tap_of(number, run.result);
  } else if (arguments.json) {
    nlohmann::ordered_json object = run.json;
    if (run.chosen == nullptr) {
      object = {{"file", run.result.file},
                {"outcome", run.result.outcome == CaseOutcome::failed ? "fail" : "error"},
                {"error", json_of_error(run.result.message, run.result.file)}};
    }
    if (!object.is_null()) std::cout << object.dump() << '\n';
  } else if (bad) {
    std::cout << run.text;
    if (run.result.outcome == CaseOutcome::error && !run.result.again.empty()) {
      std::cout << fmt::format("       again:   {}\n", run.result.again);
    }
  }
  if (arguments.github) std::cout << suite::github_annotation(run.result);
  std::cout << std::flush;
}

// False if it could not be.
bool write_junit(const std::string& path, const std::vector<CaseResult>& results) {
  const std::string fresh = path + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << suite::junit_of(results);
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(fresh, path, error);
  return out && !error;
}

int run_tests(const TestArguments& arguments) {
  const auto seeds = parse_seeds(arguments.seeds);
  if (!seeds) return usage_error(seeds.error());
  const auto files = files_of(arguments.paths);
  if (!files) return usage_error(files.error());
  if (!arguments.junit.empty() && !std::ofstream(arguments.junit + ".new")) {
    return usage_error(fmt::format("--junit {}: cannot be written", arguments.junit));
  }
  std::vector<Chosen> chosen;
  std::vector<TestRun> others;
  for (const std::string& path : files.value()) {
    auto file = script::load_file(path);
    if (!file) {
      others.push_back(other_case(path, "the file", CaseOutcome::error, file.error()));
      continue;
    }
    for (std::size_t i = 0; i < file.value().scenarios.size(); ++i) {
      const std::string& name = file.value().scenarios[i].name;
      if (name.find(arguments.only) != std::string::npos) chosen.push_back({file.value(), i});
    }
  }
  if (chosen.empty() && others.empty()) {
    return usage_error(fmt::format("--only {}: no scenario's name holds this", arguments.only));
  }
  std::vector<TestRun> runs;
  for (const Chosen& each : chosen) {
    for (std::uint64_t seed = seeds.value().first;; ++seed) {
      TestRun run{&each, seed, {}, {}, {}, {}};
      run.result.file = each.file.path;
      run.result.scenario = each.info().name;
      run.result.seed = seed;
      runs.push_back(std::move(run));
      if (seed == seeds.value().second) break;
    }
  }
  Interruption interruption;
  GoldenCheck golden(arguments.program, arguments.update_golden, arguments.only.empty());
  Score score;
  std::size_t told = 0;
  if (arguments.tap) std::cout << "TAP version 14\n";
  const auto start = std::chrono::steady_clock::now();
  {
    const auto count = static_cast<std::int64_t>(runs.size());
    SweepProgress progress(count, 0);
    const auto threads = static_cast<unsigned>(
        std::clamp<std::size_t>(runs.size(), 1, std::size_t{arguments.workers}));
    TestRuns crew(arguments.program, runs, threads, colours());
    bool stopping = false;
    while (told < runs.size()) {
      const bool over = crew.over();
      const std::size_t ended = crew.wait(told);
      for (; told < ended; ++told) {
        golden.compare(runs[told]);
        progress.hide();
        tell(arguments, told + 1, runs[told]);
      }
      progress.show(static_cast<std::int64_t>(crew.ended()));
      if (!stopping && interruption.pending()) {
        stopping = true;
        crew.stop();
      }
      if (over && ended == told) break;
    }
  }
  // Those that another thread has finished while an earlier one was not begun.
  for (; told < runs.size(); ++told) tell(arguments, told + 1, runs[told]);
  for (TestRun& run : golden.finish()) others.push_back(std::move(run));
  for (TestRun& run : others) {
    tell(arguments, ++told, run);
    runs.push_back(std::move(run));
  }
  if (arguments.tap) std::cout << fmt::format("1..{}\n", runs.size());
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

  std::vector<CaseResult> results;
  for (const TestRun& run : runs) {
    score.add(run.result.outcome);
    results.push_back(run.result);
  }
  if (!arguments.junit.empty() && !write_junit(arguments.junit, results)) {
    return usage_error(fmt::format("--junit {}: could not be written", arguments.junit));
  }
  std::string summary =
      fmt::format("{} of {} passed in {:.1f} s", score.passed, runs.size(), wall.count());
  if (score.failed > 0) summary += fmt::format(", {} failed", score.failed);
  if (score.errors > 0) summary += fmt::format(", {} ended by an error", score.errors);
  if (score.skipped > 0) {
    summary += fmt::format(", {} skipped: natsim live runs them", score.skipped);
  }
  if (score.not_run > 0) summary += fmt::format(", {} were not run", score.not_run);
  (arguments.tap || arguments.json ? std::cerr : std::cout) << summary << '\n';
  if (score.not_run > 0) return exit_interrupted;
  if (score.errors > 0) return exit_error;
  return score.failed > 0 ? exit_failed : exit_passed;
}

}  // namespace

Command add_test(CLI::App& app) {
  auto arguments = std::make_shared<TestArguments>();
  arguments->program = app.get_name();
  arguments->workers = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* const command =
      app.add_subcommand("test", "Run all scenarios of files and folders, and tell what failed");
  command->add_option("PATH", arguments->paths, "scenario files, or folders of them")->required();
  command->add_option("--only", arguments->only, "only scenarios whose name contains this text");
  command->add_option("--seeds", arguments->seeds, "a seed, or a range such as 1..20")
      ->capture_default_str();
  command->add_option("-j,--jobs", arguments->workers, "threads that run scenarios")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command->add_option("--junit", arguments->junit, "write the results to this file as JUnit XML");
  CLI::Option* const tap =
      command->add_flag("--tap", arguments->tap, "print them as TAP version 14 instead of text");
  command
      ->add_flag("--json", arguments->json,
                 "print one JSON object a line instead of text, as `run --json` does")
      ->excludes(tap);
  command->add_flag("--github", arguments->github,
                    "print workflow commands too, by which GitHub marks files and lines");
  command->add_flag("--update-golden", arguments->update_golden,
                    "write the golden outcomes instead of comparing them");
  command->footer(fmt::format(
      "Exit codes: 0 all passed, 1 an expectation failed or a golden outcome differs, 2 "
      "usage or script\nerror, 130 interrupted.\n\n"
      "Examples:\n"
      "  {0} test scenarios\n"
      "  {0} test scenarios/ice --seeds 1..20 --junit results.xml\n"
      "  {0} test scenarios/classic_four.lua --update-golden",
      app.get_name()));
  return [arguments] { return run_tests(*arguments); };
}

}  // namespace natsim::cli
