// The subcommands. Each registers itself with its options and examples; the function that it gives
// back runs it and returns the exit code.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace natsim::sweep {
class Workplace;
}

namespace natsim::cli {

using Command = std::function<int()>;

Command add_run(CLI::App& app);
Command add_live(CLI::App& app);
Command add_replay(CLI::App& app);
Command add_test(CLI::App& app);
Command add_matrix(CLI::App& app);
// The workplace outlives the command.
Command add_sweep(CLI::App& app, sweep::Workplace& workplace);
Command add_table(CLI::App& app);
Command add_plot(CLI::App& app);
Command add_compare(CLI::App& app);
Command add_explain(CLI::App& app);
Command add_presets(CLI::App& app);
Command add_probe(CLI::App& app);
Command add_serve(CLI::App& app);
Command add_completion(CLI::App& app);

// What `presets` has names for.
std::vector<std::string_view> preset_names();

}  // namespace natsim::cli
