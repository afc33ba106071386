// natsim completion: scripts that let a shell complete commands and options.
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

// One function serves both shells: zsh runs it through its bashcompinit.
std::string script_for(const CLI::App& app, const std::string& shell) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    commands += fmt::format("{}{}", commands.empty() ? "" : " ", command->get_name());
    std::string names;
    if (command->get_name() == "presets") {
      names = fmt::format(" names=\"{}\"", fmt::join(preset_names(), " "));
    }
    cases += fmt::format("    {}) options=\"{}\"{} ;;\n", command->get_name(),
                         long_options(*command), names);
  }
  std::string text;
  if (shell == "zsh") text += "autoload -U +X bashcompinit && bashcompinit\n";
  text += fmt::format(
      "_natsim() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" options=\"\" names=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} {}\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n"
      "{}"
      "  esac\n"
      "  case \"$word\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
      "    *) if [ -n \"$names\" ]; then COMPREPLY=($(compgen -W \"$names\" -- \"$word\"))\n"
      "       else COMPREPLY=($(compgen -f -- \"$word\")); fi ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _natsim natsim\n",
      commands, long_options(app), cases);
  return text;
}

}  // namespace

Command add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>("bash");
  CLI::App* const command = app.add_subcommand(
      "completion", "Print a script that completes natsim's commands and options");
  command->add_option("SHELL", *shell, "bash or zsh")
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  source <(natsim completion bash)\n"
      "  natsim completion zsh >> ~/.zshrc");
  return [&app, shell] {
    std::cout << script_for(app, *shell);
    return exit_passed;
  };
}

}  // namespace natsim::cli
