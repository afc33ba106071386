#include "tools/natsim/report.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <variant>

#include <fmt/format.h>

#include "tools/natsim/shell.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {

std::string command_of(const Run& run, std::string_view subcommand) {
  std::string text =
      fmt::format("{} {} {} --only {} --seed {}", run.program, subcommand,
                  shell_word(run.chosen.file.path), shell_word(run.chosen.info().name), run.seed);
  for (const script::Parameter& parameter : run.outcome.params) {
    if (parameter.value == parameter.default_value) continue;
    text += " --set " + shell_word(parameter.name + "=" + script::to_string(parameter.value));
  }
  return text;
}

nlohmann::ordered_json to_json(const script::ReportedValue& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v)>, Duration>) {
          return v.to_seconds();
        } else {
          return v;
        }
      },
      value);
}

namespace {

std::string speed(const Run& run) {
  const double simulated = run.outcome.simulated.to_seconds();
  return fmt::format("simulated {} in {:.1f} ms ({:.0f} times real time)",
                     to_string(run.outcome.simulated), run.wall_seconds * 1e3,
                     simulated / std::max(run.wall_seconds, 1e-9));
}

// `text` with its second and further lines moved `columns` to the right.
std::string hanging(std::string_view text, std::size_t columns) {
  std::string hung;
  for (const char c : text) {
    hung += c;
    if (c == '\n') hung.append(columns, ' ');
  }
  return hung;
}

// An error or a failure: where it is, and what is wrong.
nlohmann::ordered_json located_object(const script::Location& at, std::string_view message) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  if (!at.file.empty()) object["file"] = at.file;
  if (at.line != 0) object["line"] = at.line;
  object["message"] = message;
  return object;
}

}  // namespace

std::string text_of(const Run& run, bool coloured) {
  const script::Outcome& outcome = run.outcome;
  const auto [word, colour] = [&]() -> std::pair<const char*, Paint> {
    switch (outcome.verdict) {
      case script::Verdict::pass:
        return {"PASS ", Paint::green};
      case script::Verdict::fail:
        return {"FAIL ", Paint::red};
      case script::Verdict::error:
        break;
    }
    return {"ERROR", Paint::red};
  }();
  std::string text = fmt::format("{}  {}\n", paint(coloured, colour, word),
                                 paint(coloured, Paint::bold, run.chosen.info().name));
  const auto line = [&text](std::string_view content, std::size_t hang = 0) {
    constexpr std::size_t indent = 7;
    text += fmt::format("{:{}}{}\n", "", indent, hanging(content, indent + hang));
  };
  if (outcome.verdict == script::Verdict::error) line(outcome.error);
  const auto& logs = outcome.logs;
  for (auto log = run.logs_told ? logs.end() : logs.begin(); log != logs.end(); ++log) {
    const std::string at = to_string(log->at) + "  ";
    line(paint(coloured, Paint::dim, at + log->text), at.size());
  }
  for (const script::Failure& failure : outcome.failures) {
    line(fmt::format("{}: {}", to_string(failure.at), failure.expectation));
    line(fmt::format("  {}", failure.message), 2);
    if (!run.why.empty()) line(fmt::format("why: {}", run.why));
    line(fmt::format("dropped: {}", record::to_string(run.drops)));
  }
  for (const script::Metric& metric : outcome.metrics) {
    line(fmt::format("{} = {}{}{}", metric.name, script::to_string(metric.value),
                     metric.unit.empty() ? "" : " ", metric.unit));
  }
  for (const std::string& each : run.reality) {
    const bool bad = each.starts_with("NOT VALID");
    line(paint(coloured, bad ? Paint::red : Paint::dim, each));
  }
  const bool began = outcome.events != 0 || outcome.packets != 0;
  if (outcome.verdict == script::Verdict::error && !began) return text;
  line(paint(coloured, Paint::dim,
             fmt::format("{}, {} datagrams sent, seed {}, digest {:016x}", speed(run),
                         outcome.packets, run.seed, outcome.digest)));
  if (outcome.verdict == script::Verdict::pass && outcome.checks_nothing()) {
    line(paint(coloured, Paint::yellow, "note: it neither expects nor measures anything"));
  }
  if (outcome.verdict == script::Verdict::fail) {
    line(fmt::format("again:   {}", command_of(run, run.live ? "live" : "run")));
    if (!run.live) line(fmt::format("in full: {}", command_of(run, "explain")));
    if (!run.recording.empty()) {
      line(fmt::format("in full: {} explain {}", run.program, shell_word(run.recording)));
    }
  }
  return text;
}

nlohmann::ordered_json json_of(const Run& run) {
  const script::Outcome& outcome = run.outcome;
  nlohmann::ordered_json params = nlohmann::ordered_json::object();
  for (const auto& parameter : outcome.params) params[parameter.name] = to_json(parameter.value);
  nlohmann::ordered_json metrics = nlohmann::ordered_json::object();
  for (const auto& metric : outcome.metrics) metrics[metric.name] = to_json(metric.value);
  nlohmann::ordered_json drops = nlohmann::ordered_json::object();
  for (const auto& each : run.drops) drops[std::string(name(each.reason))] = each.count;
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const auto& failure : outcome.failures) {
    nlohmann::ordered_json entry = located_object(failure.at, failure.message);
    entry["expectation"] = failure.expectation;
    entry["expected"] = failure.expected;
    entry["actual"] = failure.actual;
    if (!run.why.empty()) entry["why"] = run.why;
    failures.push_back(std::move(entry));
  }
  nlohmann::ordered_json logs = nlohmann::ordered_json::array();
  for (const auto& log : outcome.logs) {
    logs.push_back({{"at", log.at.to_seconds()}, {"text", log.text}});
  }
  nlohmann::ordered_json object = {{"file", run.chosen.file.path},
                                   {"scenario", run.chosen.info().name},
                                   {"seed", run.seed},
                                   {"params", std::move(params)},
                                   {"outcome", script::to_string(outcome.verdict)},
                                   {"digest", fmt::format("{:016x}", outcome.digest)},
                                   {"sim_seconds", outcome.simulated.to_seconds()},
                                   {"wall_seconds", std::round(run.wall_seconds * 1e6) / 1e6},
                                   {"events", outcome.events},
                                   {"packets", outcome.packets},
                                   {"drops", std::move(drops)},
                                   {"metrics", std::move(metrics)},
                                   {"logs", std::move(logs)},
                                   {"failures", std::move(failures)}};
  if (!run.outside.is_null()) object["outside"] = run.outside;
  if (!outcome.error.empty()) object["error"] = json_of_error(outcome.error, run.chosen.file.path);
  return object;
}

nlohmann::ordered_json json_of_error(std::string_view error, std::string_view path) {
  const script::LocatedError parts = script::located(error, path);
  return located_object(parts.at, parts.message);
}

int refuse(const Refusal& refusal, bool json) {
  if (json) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    if (!refusal.path.empty()) object["file"] = refusal.path;
    object["outcome"] = script::to_string(script::Verdict::error);
    object["error"] = json_of_error(refusal.message, refusal.path);
    std::cout << object.dump() << '\n';
  }
  return usage_error(refusal.message);
}

}  // namespace natsim::cli
