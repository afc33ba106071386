// natsim sweep: every combination of parameters with every seed, into a database.
#include <algorithm>
#include <ctime>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "tools/natsim/commands.h"
#include "tools/natsim/interruption.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/shell.h"
#include "tools/natsim/sweep_progress.h"
#include "tools/results/store.h"
#include "tools/sweep/plan.h"
#include "tools/sweep/workplace.h"

namespace natsim::cli {
namespace {

struct SweepArguments {
  Selection selection;
  std::vector<std::string> vary;
  std::int64_t seeds = 1;
  std::int64_t samples = 0;
  std::optional<unsigned> workers;
  std::string out;
};

// How many runs of each outcome.
struct Tally {
  std::int64_t done = 0;
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t errors = 0;
  std::string first_error;  // of those with an error the one that was written first

  void count(const results::RunRow& row) {
    ++done;
    if (row.outcome == "pass") ++passed;
    if (row.outcome == "fail") ++failed;
    if (row.outcome != "error") return;
    if (errors++ == 0) first_error = row.reason;
  }
};

Result<sweep::Plan> plan_of(const SweepArguments& arguments) {
  const Selection& selection = arguments.selection;
  auto settings = settings_of(selection);
  if (!settings) return Error{settings.error()};
  if (selection.seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Error{"--seed: too large for a sweep"};
  }
  sweep::PlanOptions options{.axes = {},
                             .set = std::move(settings.value()),
                             .samples = arguments.samples,
                             .seeds = arguments.seeds,
                             .first_seed = static_cast<std::int64_t>(selection.seed),
                             .limits = selection.limits};
  for (const std::string& text : arguments.vary) {
    auto axis = sweep::parse_axis(text);
    if (!axis) return Error{"--vary " + axis.error()};
    options.axes.push_back(std::move(axis.value()));
  }
  auto choice = choose(selection);
  if (const auto* const refusal = std::get_if<Refusal>(&choice)) return Error{refusal->message};
  auto& chosen = std::get<std::vector<Chosen>>(choice);
  if (chosen.size() > 1) {
    std::string names;
    for (const Chosen& each : chosen) names += fmt::format("\n  {}", each.info().name);
    return Error{fmt::format("a sweep is of one scenario; choose by --only from:{}", names)};
  }
  if (chosen.front().recording != nullptr) {
    return Error{"a recording of a live run cannot be varied: there is natsim replay"};
  }
  return sweep::Plan::make(std::move(chosen.front().file), chosen.front().index,
                           std::move(options));
}

std::string summary(const Tally& tally, std::chrono::duration<double> elapsed,
                    std::optional<std::chrono::nanoseconds> inside) {
  const double seconds = std::max(elapsed.count(), 1e-9);
  std::string text = fmt::format(
      "{} runs in {:.1f} s ({:.0f} a second): {} passed, {} failed, {} ended by an error",
      tally.done, seconds, static_cast<double>(tally.done) / seconds, tally.passed, tally.failed,
      tally.errors);
  if (inside) {
    const double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    const double outside = 1 - std::chrono::duration<double>(*inside).count() / std::max(cpu, 1e-9);
    text += fmt::format("; {:.0f} % of the CPU time went outside the scenarios",
                        100 * std::max(outside, 0.0));
  }
  return text;
}

int run_sweep(const SweepArguments& arguments, sweep::Workplace& workplace) {
  const auto plan = plan_of(arguments);
  if (!workplace.keeps()) {
    if (plan) workplace.serve(plan.value());
    return exit_passed;
  }
  if (!plan) return usage_error(plan.error());
  auto opened = results::Store::open(arguments.out, plan.value().charter(NATSIM_VERSION));
  if (!opened) return usage_error(opened.error());
  results::Store& store = opened.value();
  const std::int64_t runs = plan.value().runs();
  const std::vector<bool> there = store.done(runs);
  std::vector<std::int64_t> left;
  for (std::int64_t run = 0; run < runs; ++run) {
    if (!there[static_cast<std::size_t>(run)]) left.push_back(run);
  }
  const std::int64_t before = runs - static_cast<std::int64_t>(left.size());
  if (before > 0) {
    std::cerr << fmt::format("natsim: {} of {} runs are in {} already\n", before, runs,
                             arguments.out);
  }
  Interruption interruption;
  Tally tally;
  bool interrupted = false;
  {
    auto employed = workplace.employ(plan.value(), std::move(left), arguments.workers);
    if (!employed) return usage_error(employed.error());
    sweep::Crew& crew = *employed.value();
    SweepProgress progress(runs, before);
    // How long a result waits for being written, at most, beside the writing itself.
    constexpr auto patience = std::chrono::milliseconds(250);
    while (!crew.finished()) {
      const std::vector<results::RunRow> rows = crew.take(patience);
      store.write(rows);
      for (const results::RunRow& row : rows) tally.count(row);
      progress.show(before + tally.done);
      if (!interrupted && interruption.pending()) {
        interrupted = true;
        crew.stop();
      }
    }
    const std::string text = summary(tally, progress.elapsed(), crew.inside());
    if (tally.done > 0) std::cerr << fmt::format("natsim: {}\n", text);
  }
  if (tally.errors > 0) {
    std::cerr << fmt::format("natsim: the first error: {}\n", tally.first_error);
  }
  if (before + tally.done < runs) {
    std::cerr << fmt::format(
        "natsim: interrupted with {} of {} runs done; the same command goes on\n",
        before + tally.done, runs);
    return exit_interrupted;
  }
  return tally.errors > 0 ? exit_error : exit_passed;
}

}  // namespace

Command add_sweep(CLI::App& app, sweep::Workplace& workplace) {
  auto arguments = std::make_shared<SweepArguments>();
  CLI::App* const command = app.add_subcommand(
      "sweep", "Run a scenario with every combination of parameters, into a database");
  arguments->selection.add_to(*command);
  constexpr std::int64_t most = 1'000'000'000;
  command
      ->add_option("--vary", arguments->vary,
                   "name=a,b,c or name=from:to:step: values for a parameter; may be given again")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command
      ->add_option("--seeds", arguments->seeds,
                   "runs of each point, with --seed and what follows it")
      ->check(CLI::Range(std::int64_t{1}, most))
      ->capture_default_str();
  command
      ->add_option("--sample", arguments->samples,
                   "draw the other parameters so often from the distributions that they declare")
      ->check(CLI::Range(std::int64_t{1}, most));
  command
      ->add_option("-j,--jobs", arguments->workers,
                   "threads that run scenarios; as many as there are processors if it is not given")
      ->check(CLI::Range(1U, 1024U));
  command->add_option("--out", arguments->out, "SQLite database for the results")->required();
  command->footer(fmt::format(
      "A sweep that was interrupted or killed goes on when it is called again; what is in the "
      "database\nstays. `sqlite3 FILE .schema` explains its tables.\n\n"
      "Exit codes: 0 all runs done, whatever was expected in them, 2 usage or script error, 130 "
      "interrupted.\n\n"
      "Examples:\n"
      "  {0} sweep scenarios/keepalive_too_slow.lua --only slow --vary slow=20s:40s:10s --out "
      "keepalive.db",
      app.get_name()));
  return [arguments, &workplace] {
    try {
      return run_sweep(*arguments, workplace);
    } catch (const results::DatabaseError& error) {
      return usage_error(error.what());
    }
  };
}

}  // namespace natsim::cli
