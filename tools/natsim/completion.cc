// natsim completion: scripts that let a shell complete commands, options and their values.
#include <algorithm>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "tools/natsim/commands.h"
#include "tools/natsim/selection.h"

namespace natsim::cli {
namespace {

std::string long_options(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += fmt::format(" --{}", name);
    for (const std::string& name : option->get_fnames()) {
      if (words.find(" --" + name) == std::string::npos) words += fmt::format(" --{}", name);
    }
  }
  return words.empty() ? words : words.substr(1);
}

// The values of a command's option that takes one of a list, which its help shows as "TEXT:{a,b}",
// with blanks between; empty for any other option.
std::string values_of(const CLI::App& command, const CLI::Option& option) {
  if (command.get_name() == "presets" && option.get_positional()) {
    return fmt::format("{}", fmt::join(preset_names(), " "));
  }
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {};
  std::string words = type.substr(open + 1, close - open - 1);
  std::replace(words.begin(), words.end(), ',', ' ');
  return words;
}

// A case for each option of `command` that takes one of a list: "COMMAND --OPTION) …".
std::string value_cases(const CLI::App& command) {
  std::string cases;
  for (const CLI::Option* option : command.get_options()) {
    const std::string values = values_of(command, *option);
    // A positional argument follows the command itself.
    std::string before = option->get_positional() ? command.get_name() : std::string();
    for (const std::string& name : option->get_lnames()) before = "--" + name;
    if (values.empty() || before.empty()) continue;
    cases += fmt::format("    '{} {}') values=\"{}\" ;;\n", command.get_name(), before, values);
  }
  return cases;
}

// One function serves both shells: zsh runs it through its bashcompinit.
std::string script_for(const CLI::App& app, const std::string& shell) {
  std::string commands;
  std::string options;
  std::string values;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    commands += fmt::format("{}{}", commands.empty() ? "" : " ", command->get_name());
    options +=
        fmt::format("    {}) options=\"{}\" ;;\n", command->get_name(), long_options(*command));
    values += value_cases(*command);
  }
  std::string text;
  if (shell == "zsh") text += "autoload -U +X bashcompinit && bashcompinit\n";
  text += fmt::format(
      "_natsim() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" options=\"\" values=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} {}\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[COMP_CWORD - 1]}}\" in\n"
      "{}"
      "  esac\n"
      "  if [ -n \"$values\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$values\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n"
      "{}"
      "  esac\n"
      "  case \"$word\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _natsim natsim\n",
      commands, long_options(app), values, options);
  return text;
}

}  // namespace

Command add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>("bash");
  CLI::App* const command = app.add_subcommand(
      "completion", "Print a script that completes natsim's commands, options and their values");
  command->add_option("SHELL", *shell, "bash or zsh")
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->capture_default_str();
  command->footer(
      fmt::format("Examples:\n"
                  "  source <({0} completion bash)\n"
                  "  {0} completion zsh >> ~/.zshrc",
                  app.get_name()));
  return [&app, shell] {
    std::cout << script_for(app, *shell);
    return exit_passed;
  };
}

}  // namespace natsim::cli
