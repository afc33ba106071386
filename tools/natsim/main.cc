// natsim: the command line.
#include <exception>
#include <iostream>
#include <utility>
#include <vector>

#include "tools/natsim/commands.h"
#include "tools/natsim/selection.h"

int main(int argc, char** argv) {
  using namespace natsim::cli;
  CLI::App app(
      "natsim: a NAT and network simulator for testing protocols, with a clock of its own");
  app.name("natsim");
  app.set_version_flag("--version", "natsim " NATSIM_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  natsim run scenarios/symmetric_nat.lua\n"
      "  natsim explain scenarios/symmetric_nat.lua\n"
      "  natsim matrix --turn\n"
      "  natsim presets linux-masquerade\n"
      "  natsim run --help");
  // In the order in which help lists them.
  const std::vector<Command> commands = {add_run(app), add_explain(app), add_matrix(app),
                                         add_presets(app), add_completion(app)};
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
