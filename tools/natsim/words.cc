#include "tools/natsim/words.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/script/nearest.h"
#include "tools/natsim/shell.h"

namespace natsim::cli {
namespace {

std::optional<std::string> unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string_view> names;
  for (const CLI::App* const command : app.get_subcommands(nullptr)) {
    names.push_back(command->get_name());
  }
  if (std::find(names.begin(), names.end(), word) != names.end()) return std::nullopt;
  if (word.ends_with(".lua")) {
    return fmt::format("unknown command '{}'; did you mean '{} run {}'?", word, app.get_name(),
                       shell_word(word));
  }
  return fmt::format("unknown command '{}'{}", word, script::suggestion(word, names));
}

std::optional<std::string> unknown_option(const CLI::App& command, std::string_view word) {
  if (!word.starts_with("--") || word == "--") return std::nullopt;
  const std::string_view given = word.substr(0, word.find('='));
  std::vector<std::string> spelt;
  for (const CLI::Option* const option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) spelt.push_back("--" + name);
    for (const std::string& name : option->get_fnames()) spelt.push_back("--" + name);
  }
  if (std::find(spelt.begin(), spelt.end(), given) != spelt.end()) return std::nullopt;
  const std::vector<std::string_view> names(spelt.begin(), spelt.end());
  const std::string_view near = script::nearest(given, names);
  return fmt::format(
      "unknown option '{}'; {}", given,
      near.empty() ? "--help lists the options" : fmt::format("did you mean '{}'?", near));
}

}  // namespace

std::optional<std::string> unknown_word(const CLI::App& app, std::span<char* const> words) {
  const CLI::App* command = nullptr;  // until it is named
  for (const std::string_view word : words) {
    if (word == "--") break;
    if (word.starts_with("-")) {
      if (auto complaint = unknown_option(command == nullptr ? app : *command, word)) {
        return complaint;
      }
    } else if (command == nullptr) {
      if (auto complaint = unknown_command(app, std::string(word))) return complaint;
      command = app.get_subcommand(std::string(word));
    }
  }
  return std::nullopt;
}

}  // namespace natsim::cli
