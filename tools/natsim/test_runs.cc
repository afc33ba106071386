#include "tools/natsim/test_runs.h"

#include <chrono>
#include <memory>
#include <utility>

#include "sim/record/drops.h"
#include "sim/record/explain.h"
#include "tools/natsim/report.h"

namespace natsim::cli {

TestRuns::TestRuns(std::string_view program, std::vector<TestRun>& runs, unsigned threads,
                   bool coloured)
    : program_(program), runs_(runs), coloured_(coloured), working_(threads), ended_(runs.size()) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

TestRuns::~TestRuns() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

std::size_t TestRuns::wait(std::size_t known) {
  const auto in_a_row = [&] {
    std::size_t count = known;
    while (count < ended_.size() && ended_[count]) ++count;
    return count;
  };
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(100),
                    [&] { return in_a_row() > known || working_ == 0; });
  return in_a_row();
}

void TestRuns::work() {
  while (!stopping_) {
    const std::size_t place = next_++;
    if (place >= runs_.size()) break;
    play(runs_[place]);
    const std::lock_guard lock(mutex_);
    ended_[place] = true;
    ++count_;
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  --working_;
  changed_.notify_all();
}

void TestRuns::play(TestRun& run) const {
  std::unique_ptr<record::Explainer> explainer;
  std::string why;
  std::vector<record::ReasonCount> drops;
  script::RunOptions options{.seed = run.seed};
  options.at_start = [&](net::Network& network) {
    explainer = std::make_unique<record::Explainer>(network.world());
    network.world().events().add_listener(*explainer);
  };
  options.at_end = [&](net::Network& network, const script::Outcome& outcome) {
    if (outcome.verdict == script::Verdict::fail) why = explainer->why_failed();
    drops = record::drops_by_reason(network.world().events());
    network.world().events().remove_listener(*explainer);
    explainer.reset();
  };
  const auto start = std::chrono::steady_clock::now();
  const script::Outcome outcome =
      script::run_scenario(run.chosen->file, run.chosen->index, options);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;

  const Run told{.program = program_,
                 .chosen = *run.chosen,
                 .seed = run.seed,
                 .outcome = outcome,
                 .wall_seconds = wall.count(),
                 .why = why,
                 .drops = drops};
  run.text = text_of(told, coloured_);
  run.json = json_of(told);
  run.digest = outcome.digest;
  suite::CaseResult& result = run.result;
  result.seconds = wall.count();
  result.again = command_of(told, "run");
  switch (outcome.verdict) {
    case script::Verdict::pass:
      result.outcome = suite::CaseOutcome::passed;
      run.golden = outcome.golden;
      return;
    case script::Verdict::fail: {
      const script::Failure& failure = outcome.failures.front();
      result.outcome = suite::CaseOutcome::failed;
      result.line = failure.at.line;
      result.message = failure.message;
      if (!failure.expectation.empty()) result.details += failure.expectation + '\n';
      if (!why.empty()) result.details += "why: " + why + '\n';
      result.details += "dropped: " + record::to_string(drops) + '\n';
      return;
    }
    case script::Verdict::error: {
      if (outcome.needs_outside) {
        result.outcome = suite::CaseOutcome::skipped;
        result.message = "it runs real programs, for which there is natsim live";
        return;
      }
      const script::LocatedError error = script::located(outcome.error, run.chosen->file.path);
      result.outcome = suite::CaseOutcome::error;
      result.line = error.at.line;
      result.message = error.message;
      return;
    }
  }
}

}  // namespace natsim::cli
