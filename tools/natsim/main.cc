// natsim: the command line.
#include <exception>
#include <iostream>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/natsim/commands.h"
#include "tools/natsim/mpi_launch.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/shell.h"
#include "tools/natsim/words.h"
#include "tools/sweep/this_machine.h"

int main(int argc, char** argv) {
  using namespace natsim::cli;
  CLI::App app(
      "natsim: a NAT and network simulator for testing protocols, with a clock of its own");
  // As it was called, so that the commands that it shows can be run as they are.
  app.name(argc > 0 ? shell_word(argv[0]) : "natsim");
  app.set_version_flag("--version", "natsim " NATSIM_VERSION);
  app.require_subcommand(1);
  app.footer(
      fmt::format("Examples:\n"
                  "  {0} run scenarios/symmetric_nat.lua\n"
                  "  {0} explain scenarios/symmetric_nat.lua\n"
                  "  {0} matrix --turn\n"
                  "  {0} presets linux-masquerade\n"
                  "  {0} run --help\n\n"
                  "In natsim's source tree README.md is the introduction, scenarios/ has scenarios "
                  "to start from,\n"
                  "and sim/script/natsim.d.lua lists all that a scenario can do, with units and "
                  "defaults.",
                  app.get_name()));
  natsim::sweep::ThisMachine here;
  // In the order in which help lists them.
  const std::vector<Command> commands = {
      add_run(app),     add_live(app),        add_replay(app), add_test(app),      add_explain(app),
      add_matrix(app),  add_sweep(app, here), add_table(app),  add_plot(app),      add_compare(app),
      add_presets(app), add_probe(app),       add_serve(app),  add_completion(app)};
  const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
  if (const auto complaint = unknown_word(app, words.subspan(words.empty() ? 0 : 1))) {
    return usage_error(*complaint);
  }
  if (words.size() < 2) {
    std::cerr << app.help();
    return exit_error;
  }
  if (words.size() > 1 && std::string_view(words[1]) == "sweep") {
    if (const auto complaint = become_rank(argv)) return usage_error(*complaint);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_passed : exit_error;
  }
  const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
  try {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (subcommands[i]->parsed()) return commands[i]();
    }
  } catch (const std::exception& error) {
    std::cerr << "natsim: internal error: " << error.what() << '\n';
  }
  return exit_error;
}
