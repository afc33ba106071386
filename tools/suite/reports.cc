#include "tools/suite/reports.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace natsim::suite {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_bad(const CaseResult& result) {
  return result.outcome == CaseOutcome::failed || result.outcome == CaseOutcome::error;
}

// For text and for attributes in double quotes (XML 1.0 §2.2, §2.4). Line ends of attributes are
// written as references, or a parser would make spaces of them (§3.3.3).
std::string xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      case '\t':
        escaped += "&#9;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          escaped += replacement;
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

// A name of a class as JUnit's readers group by: "scenarios.ice.tcp" of "scenarios/ice/tcp.lua".
std::string class_of(std::string file) {
  if (file.ends_with(".lua")) file.resize(file.size() - 4);
  std::replace(file.begin(), file.end(), '/', '.');
  file.erase(0, file.find_first_not_of('.'));
  return file;
}

// Why a case has no outcome; nullopt if it has one.
std::optional<std::string> why_not(const CaseResult& result) {
  if (result.outcome == CaseOutcome::not_run) return "the suite was ended before";
  if (result.outcome == CaseOutcome::skipped) return result.message;
  return std::nullopt;
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;

  void add(const CaseResult& result) {
    ++tests;
    if (result.outcome == CaseOutcome::failed) ++failures;
    if (result.outcome == CaseOutcome::error) ++errors;
    if (why_not(result)) ++skipped;
    seconds += result.seconds;
  }
  [[nodiscard]] std::string attributes() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.6f}")", tests,
                       failures, errors, skipped, seconds);
  }
};

std::string testcase_of(const CaseResult& result) {
  std::string text = fmt::format(
      R"(    <testcase classname="{}" name="{}" file="{}" time="{:.6f}")",
      xml(class_of(result.file)), xml(title_of(result)), xml(result.file), result.seconds);
  if (result.outcome == CaseOutcome::passed) return text + "/>\n";
  text += ">\n";
  if (const auto why = why_not(result)) {
    text += fmt::format("      <skipped message=\"{}\"/>\n", xml(*why));
  } else {
    const bool failed = result.outcome == CaseOutcome::failed;
    const std::string_view element = failed ? "failure" : "error";
    text += fmt::format("      <{} type=\"{}\" message=\"{}\">{}</{}>\n", element,
                        failed ? "expectation" : "script", xml(result.message),
                        xml(fmt::format("{}:{}: {}\n{}{}\n", result.file, result.line,
                                        result.message, result.details, result.again)),
                        element);
  }
  return text + "    </testcase>\n";
}

// A double-quoted scalar (YAML 1.2 §7.3.1).
std::string yaml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// In a description "#" begins a directive, and a backslash takes its meaning away.
std::string tap_description(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '#' || c == '\\') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

std::string github(std::string_view text, std::string_view more) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || more.find(c) != more.npos) {
      escaped += fmt::format("%{:02X}", static_cast<unsigned>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string junit_of(std::span<const CaseResult> results) {
  std::vector<std::string_view> files;
  Counts all;
  for (const CaseResult& result : results) {
    all.add(result);
    if (std::find(files.begin(), files.end(), result.file) == files.end()) {
      files.push_back(result.file);
    }
  }
  std::string text =
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"natsim\" {}>\n",
                  all.attributes());
  for (const std::string_view file : files) {
    Counts counts;
    std::string cases;
    for (const CaseResult& result : results) {
      if (result.file != file) continue;
      counts.add(result);
      cases += testcase_of(result);
    }
    text += fmt::format("  <testsuite name=\"{}\" {}>\n{}  </testsuite>\n", xml(file),
                        counts.attributes(), cases);
  }
  return text + "</testsuites>\n";
}

std::string tap_of(std::size_t number, const CaseResult& result) {
  const auto why = why_not(result);
  std::string text =
      fmt::format("{} {} - {}{}\n", is_bad(result) ? "not ok" : "ok", number,
                  tap_description(fmt::format("{}: {}", result.file, title_of(result))),
                  why ? " # SKIP " + *why : "");
  if (!is_bad(result)) return text;
  text += fmt::format("  ---\n  severity: {}\n  message: {}\n  at:\n    file: {}\n    line: {}\n",
                      result.outcome == CaseOutcome::failed ? "fail" : "error",
                      yaml(result.message), yaml(result.file), result.line);
  if (!result.details.empty()) text += fmt::format("  details: {}\n", yaml(result.details));
  return text + fmt::format("  again: {}\n  ...\n", yaml(result.again));
}

std::string github_annotation(const CaseResult& result) {
  if (!is_bad(result)) return {};
  const std::string line = result.line == 0 ? "" : fmt::format(",line={}", result.line);
  return fmt::format(
      "::error file={}{},title={}::{}\n", github(result.file, ":,"), line,
      github(title_of(result), ":,"),
      github(fmt::format("{}\n{}{}", result.message, result.details, result.again), ""));
}

}  // namespace natsim::suite
