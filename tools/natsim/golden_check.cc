#include "tools/natsim/golden_check.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include <fmt/format.h>

#include "tools/natsim/shell.h"
#include "tools/suite/text_diff.h"

namespace natsim::cli {

using suite::CaseOutcome;

namespace {

void fail(TestRun& run, std::string_view message, const std::string& difference,
          const std::string& path, std::string_view program) {
  run.result.outcome = CaseOutcome::failed;
  run.result.line = run.chosen->info().line;
  run.result.message = fmt::format("{} ({}); --update-golden writes it", message, path);
  run.result.details = difference;
  run.result.again = fmt::format("{} test {} --only {}", program, shell_word(run.result.file),
                                 shell_word(run.result.scenario));
  run.text = fmt::format("FAIL   {}\n       {}:{}: {}\n", run.chosen->info().name,
                         run.chosen->file.path, run.result.line, run.result.message);
  std::string_view rest = difference;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    run.text += fmt::format("         {}\n", rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  run.text += fmt::format("       again:   {}\n", run.result.again);
  run.json["outcome"] = "fail";
  run.json["failures"].push_back({{"file", run.chosen->file.path},
                                  {"line", run.result.line},
                                  {"message", run.result.message},
                                  {"difference", difference}});
}

}  // namespace

TestRun other_case(const std::string& file, std::string what, CaseOutcome outcome,
                   std::string_view error) {
  const script::LocatedError parts = script::located(error, file);
  TestRun run{};
  run.result = {.file = file,
                .scenario = std::move(what),
                .seed = golden_seed,
                .outcome = outcome,
                .line = parts.at.line,
                .message = parts.message};
  run.text = fmt::format("{}  {}\n", outcome == CaseOutcome::failed ? "FAIL " : "ERROR", error);
  return run;
}

void GoldenCheck::compare(TestRun& run) {
  if (run.chosen == nullptr || run.seed != golden_seed) return;
  Known& known = of(run.chosen->file.path);
  // What its outcome would be is not known.
  if (run.result.outcome != CaseOutcome::passed) known.whole = false;
  if (!run.golden || known.file == nullptr) return;
  const std::string& name = run.chosen->info().name;
  known.asked.push_back(name);
  std::string text = run.golden->text;
  if (run.golden->digest) {
    text += fmt::format("{}digest {:016x}", text.empty() ? "" : "\n", run.digest);
  }
  const auto section = known.file->section(name);
  if (section == text) return;
  if (update_) {
    known.file->set(name, std::move(text));
    known.changed = true;
    return;
  }
  fail(run, section ? "its outcome is not the golden one" : "it has no golden outcome yet",
       suite::text_diff(section.value_or(""), text), known.file->path(), program_);
}

std::vector<TestRun> GoldenCheck::finish() {
  std::vector<TestRun> cases;
  for (auto& [path, known] : files_) {
    if (!known.error.empty()) {
      cases.push_back(other_case(path, "its golden file", CaseOutcome::error, known.error));
      continue;
    }
    for (const std::string& name : known.file->scenarios()) {
      const bool used =
          std::find(known.asked.begin(), known.asked.end(), name) != known.asked.end();
      if (used || !known.whole || !whole_) continue;
      if (update_) {
        known.file->remove(name);
        known.changed = true;
      } else {
        cases.push_back(other_case(
            path, "its golden file", CaseOutcome::failed,
            fmt::format("{}: no scenario '{}' asks for its outcome; --update-golden drops it",
                        known.file->path(), name)));
      }
    }
    if (!known.changed) continue;
    if (const auto error = known.file->write()) {
      cases.push_back(other_case(path, "its golden file", CaseOutcome::error, error->message));
    } else {
      std::cerr << fmt::format("natsim: wrote {}\n", known.file->path());
    }
  }
  return cases;
}

GoldenCheck::Known& GoldenCheck::of(const std::string& path) {
  const auto [place, is_new] = files_.try_emplace(path);
  if (!is_new) return place->second;
  auto file = suite::GoldenFile::read(path);
  if (file) {
    place->second.file = std::make_unique<suite::GoldenFile>(std::move(file.value()));
  } else {
    place->second.error = file.error();
  }
  return place->second;
}

}  // namespace natsim::cli
