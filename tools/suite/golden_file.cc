#include "tools/suite/golden_file.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace natsim::suite {
namespace {

constexpr std::string_view heading = "=== ";

}  // namespace

Result<GoldenFile> GoldenFile::read(const std::string& path) {
  const std::string own = std::filesystem::path(path).replace_extension(".golden").string();
  if (!std::filesystem::exists(own)) return parse(own, "");
  std::ifstream in(own, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) return Error{fmt::format("{}: cannot be read", own)};
  return parse(own, text.str());
}

Result<GoldenFile> GoldenFile::parse(std::string path, std::string_view text) {
  GoldenFile file;
  file.path_ = std::move(path);
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(heading)) {
      const std::string_view name = line.substr(heading.size());
      if (file.section(name)) {
        return Error{fmt::format("{}:{}: '{}' has a section already", file.path_, number, name)};
      }
      file.sections_.push_back({std::string(name), {}});
    } else if (file.sections_.empty()) {
      return Error{
          fmt::format("{}:{}: expected \"=== \" and a scenario's name", file.path_, number)};
    } else {
      std::string& section = file.sections_.back().text;
      section += line;
      section += '\n';
    }
  }
  for (Section& section : file.sections_) {
    if (!section.text.empty()) section.text.pop_back();
  }
  return file;
}

std::optional<std::string_view> GoldenFile::section(std::string_view scenario) const {
  for (const Section& section : sections_) {
    if (section.scenario == scenario) return section.text;
  }
  return std::nullopt;
}

std::vector<std::string> GoldenFile::scenarios() const {
  std::vector<std::string> names;
  for (const Section& section : sections_) names.push_back(section.scenario);
  return names;
}

std::string GoldenFile::text() const {
  std::string text;
  for (const Section& section : sections_) {
    text += fmt::format("{}{}\n{}\n", heading, section.scenario, section.text);
  }
  return text;
}

void GoldenFile::set(const std::string& scenario, std::string text) {
  const auto known = std::find_if(sections_.begin(), sections_.end(),
                                  [&](const Section& each) { return each.scenario == scenario; });
  if (known != sections_.end()) {
    known->text = std::move(text);
  } else {
    sections_.push_back({scenario, std::move(text)});
  }
}

void GoldenFile::remove(std::string_view scenario) {
  std::erase_if(sections_, [&](const Section& each) { return each.scenario == scenario; });
}

std::optional<Error> GoldenFile::write() const {
  std::error_code error;
  if (sections_.empty()) {
    std::filesystem::remove(path_, error);
    if (error) return Error{fmt::format("{}: {}", path_, error.message())};
    return std::nullopt;
  }
  const std::string fresh = path_ + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text();
    if (!out.flush()) return Error{fmt::format("{}: cannot be written", fresh)};
  }
  std::filesystem::rename(fresh, path_, error);
  if (error) return Error{fmt::format("{}: {}", path_, error.message())};
  return std::nullopt;
}

}  // namespace natsim::suite
