// natsim matrix: who connects to whom, as a table.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/nat/option_names.h"
#include "sim/script/nat_file.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/matrix.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

struct MatrixArguments {
  matrix::MatrixOptions options;
  std::string allocation = "random";
  std::string filter_scope = "per_mapping";
  std::vector<std::string> files;  // of NATs
  bool json = false;
};

template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

nlohmann::ordered_json cell_to_json(const matrix::Cell& cell) {
  const auto type = [](const std::optional<ice::CandidateType>& t) {
    return t ? nlohmann::ordered_json(to_string(*t)) : nlohmann::ordered_json(nullptr);
  };
  return {{"a", cell.a},
          {"b", cell.b},
          {"path", to_string(cell.path)},
          {"a_type", type(cell.a_type)},
          {"b_type", type(cell.b_type)},
          {"ice_ms", cell.ice_time ? nlohmann::ordered_json(cell.ice_time->to_milliseconds())
                                   : nlohmann::ordered_json(nullptr)}};
}

// A cell in 14 columns: "srflx-prflx", and below it the time.
constexpr int cell_width = 13;

std::string types(const matrix::Cell& cell) {
  if (cell.path == matrix::Path::none) return "none";
  return fmt::format("{}-{}", to_string(*cell.a_type), to_string(*cell.b_type));
}

std::string time(const matrix::Cell& cell) {
  return cell.ice_time ? fmt::format("{:.0f} ms", cell.ice_time->to_milliseconds()) : std::string();
}

void print_table(const std::vector<std::vector<matrix::Cell>>& rows,
                 const MatrixArguments& arguments) {
  const bool coloured = colours();
  const auto colour_of = [](matrix::Path path) {
    return path == matrix::Path::direct  ? Paint::green
           : path == matrix::Path::relay ? Paint::yellow
                                         : Paint::red;
  };
  std::cout << fmt::format(
      "Calls from behind the NAT of each row to behind that of each column: each side's candidate "
      "as\n"
      "the other sees it, and the time until both have selected a pair ({} port allocation, filter "
      "scope\n"
      "{}, {}, seed {}).\n\n{:10}",
      arguments.allocation, arguments.filter_scope,
      arguments.options.turn ? "with TURN" : "no TURN", arguments.options.seed, "");
  for (const matrix::Cell& cell : rows.front())
    std::cout << fmt::format("{:{}}", cell.b, cell_width);
  std::cout << '\n';
  int direct = 0;
  int relay = 0;
  int none = 0;
  for (const auto& row : rows) {
    std::cout << fmt::format("{:10}", row.front().a);
    for (const matrix::Cell& cell : row) {
      std::cout << paint(coloured, colour_of(cell.path),
                         fmt::format("{:{}}", types(cell), cell_width));
      ++(cell.path == matrix::Path::direct  ? direct
         : cell.path == matrix::Path::relay ? relay
                                            : none);
    }
    std::cout << fmt::format("\n{:10}", "");
    for (const matrix::Cell& cell : row) {
      std::cout << paint(coloured, Paint::dim, fmt::format("{:{}}", time(cell), cell_width));
    }
    std::cout << '\n';
  }
  std::cout << fmt::format("\n{} direct, {} by relay, {} not at all\n", direct, relay, none);
}

int show(MatrixArguments& arguments) {
  arguments.options.allocation =
      nat::value_in(nat::port_allocation_names, arguments.allocation).value();
  arguments.options.filter_scope =
      nat::value_in(nat::filter_scope_names, arguments.filter_scope).value();
  auto kinds = matrix::kinds();
  for (const std::string& path : arguments.files) {
    auto nat = script::load_nat_file(path);
    if (!nat) return usage_error(fmt::format("--nat: {}", nat.error()));
    // As wide as a column at most.
    const std::string name = std::filesystem::path(path).stem().string().substr(0, 9);
    if (std::find(kinds.begin(), kinds.end(), name) != kinds.end()) {
      return usage_error(fmt::format("--nat {}: another row is called '{}' already", path, name));
    }
    arguments.options.extra.push_back({name, std::move(nat.value())});
    kinds.push_back(name);
  }
  std::vector<std::vector<matrix::Cell>> rows;
  for (const std::string& a : kinds) {
    auto& row = rows.emplace_back();
    for (const std::string& b : kinds) row.push_back(matrix::run_cell(a, b, arguments.options));
  }
  if (!arguments.json) {
    print_table(rows, arguments);
    return exit_passed;
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    for (const matrix::Cell& cell : row) list.push_back(cell_to_json(cell));
  }
  std::cout << list.dump(1) << '\n';
  return exit_passed;
}

}  // namespace

Command add_matrix(CLI::App& app) {
  auto arguments = std::make_shared<MatrixArguments>();
  CLI::App* const command = app.add_subcommand(
      "matrix", "Show which pairs of NAT kinds connect directly, by relay, or not at all");
  command->add_flag("--turn,!--no-turn", arguments->options.turn,
                    "give both sides a TURN server on an address of its own (default: none)");
  command->add_option("--allocation", arguments->allocation, "how the NATs choose external ports")
      ->check(CLI::IsMember(names_of(nat::port_allocation_names)))
      ->capture_default_str();
  command->add_option("--filter-scope", arguments->filter_scope, "whose sent packets open a filter")
      ->check(CLI::IsMember(names_of(nat::filter_scope_names)))
      ->capture_default_str();
  command
      ->add_option(
          "--nat", arguments->files,
          "a Lua file that returns NAT options, as natsim probe writes it: one more row and "
          "column; may be given again")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  add_seed(*command, arguments->options.seed);
  command->add_flag("--json", arguments->json,
                    "print a list of {a, b, path, a_type, b_type, ice_ms}");
  command->footer(
      fmt::format("Examples:\n"
                  "  {0} matrix\n"
                  "  {0} matrix --turn\n"
                  "  {0} matrix --no-turn --json\n"
                  "  {0} matrix --allocation preserve_overload --filter-scope per_endpoint",
                  app.get_name()));
  return [arguments] { return show(*arguments); };
}

}  // namespace natsim::cli
