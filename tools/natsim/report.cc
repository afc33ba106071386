#include "tools/natsim/report.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

// A word as a shell reads it back.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_-./=:,%+").find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command(const Run& run, std::string_view subcommand) {
  std::string text =
      fmt::format("natsim {} {} --only {} --seed {}", subcommand, quoted(run.chosen.file.path),
                  quoted(run.chosen.info().name), run.seed);
  for (const script::Parameter& parameter : run.outcome.params) {
    if (parameter.value == parameter.default_value) continue;
    text += " --set " + quoted(parameter.name + "=" + script::to_string(parameter.value));
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

std::string speed(const Run& run) {
  const double simulated = run.outcome.simulated.to_seconds();
  return fmt::format("simulated {} in {:.1f} ms ({:.0f} times real time)",
                     to_string(run.outcome.simulated), run.wall_seconds * 1e3,
                     simulated / std::max(run.wall_seconds, 1e-9));
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
  const auto line = [&text](std::string_view content) {
    text += fmt::format("       {}\n", content);
  };
  if (outcome.verdict == script::Verdict::error) line(outcome.error);
  for (const script::LogLine& log : outcome.logs) {
    line(paint(coloured, Paint::dim, fmt::format("{}  {}", to_string(log.at), log.text)));
  }
  for (const script::Failure& failure : outcome.failures) {
    line(fmt::format("{}: {}", to_string(failure.at), failure.expectation));
    line(fmt::format("  {}", failure.message));
    if (!run.why.empty()) line(fmt::format("why: {}", run.why));
    if (!run.drops.empty()) line(fmt::format("dropped: {}", run.drops));
  }
  for (const script::Metric& metric : outcome.metrics) {
    line(fmt::format("{} = {}", metric.name, script::to_string(metric.value)));
  }
  line(paint(coloured, Paint::dim,
             fmt::format("{}, {} packets, seed {}, digest {:016x}", speed(run), outcome.packets,
                         run.seed, outcome.digest)));
  if (outcome.verdict == script::Verdict::pass && outcome.checks_nothing()) {
    line(paint(coloured, Paint::yellow, "note: it neither expects nor measures anything"));
  }
  if (outcome.verdict == script::Verdict::fail) {
    line(fmt::format("again:   {}", command(run, "run")));
    line(fmt::format("in full: {}", command(run, "explain")));
  }
  return text;
}

nlohmann::ordered_json json_of(const Run& run) {
  const script::Outcome& outcome = run.outcome;
  nlohmann::ordered_json params = nlohmann::ordered_json::object();
  for (const auto& parameter : outcome.params) params[parameter.name] = to_json(parameter.value);
  nlohmann::ordered_json metrics = nlohmann::ordered_json::object();
  for (const auto& metric : outcome.metrics) metrics[metric.name] = to_json(metric.value);
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const auto& failure : outcome.failures) {
    nlohmann::ordered_json entry = {{"file", failure.at.file},
                                    {"line", failure.at.line},
                                    {"expectation", failure.expectation},
                                    {"message", failure.message},
                                    {"expected", failure.expected},
                                    {"actual", failure.actual}};
    if (!run.why.empty()) entry["why"] = run.why;
    failures.push_back(std::move(entry));
  }
  nlohmann::ordered_json object = {{"file", run.chosen.file.path},
                                   {"scenario", run.chosen.info().name},
                                   {"seed", run.seed},
                                   {"params", std::move(params)},
                                   {"outcome", script::to_string(outcome.verdict)},
                                   {"digest", fmt::format("{:016x}", outcome.digest)},
                                   {"sim_seconds", outcome.simulated.to_seconds()},
                                   {"wall_seconds", run.wall_seconds},
                                   {"events", outcome.events},
                                   {"packets", outcome.packets},
                                   {"metrics", std::move(metrics)},
                                   {"failures", std::move(failures)}};
  if (!outcome.error.empty()) object["error"] = outcome.error;
  return object;
}

}  // namespace natsim::cli
