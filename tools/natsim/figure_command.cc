// natsim table and natsim plot: what a sweep's results say, as a table or a picture.
#include <algorithm>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "tools/figures/drawing.h"
#include "tools/figures/figure.h"
#include "tools/figures/measure.h"
#include "tools/figures/table.h"
#include "tools/natsim/columns.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/report.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"
#include "tools/results/frame.h"

namespace natsim::cli {
namespace {

struct FigureArguments {
  std::string database;
  figures::Request request;
  std::string format = "text";
  bool json = false;
  figures::DrawOptions drawing;
  std::string out;
};

// The options that say what the figure is of.
CLI::Option* add_request(CLI::App& command, FigureArguments& arguments) {
  figures::Request& request = arguments.request;
  const auto several = [&command](const char* name, std::vector<std::string>& into,
                                  const char* help) {
    command.add_option(name, into, help)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  };
  command.add_option("RESULTS", arguments.database, "database of natsim sweep")->required();
  CLI::Option* const x = command.add_option(
      "--x", request.x, "parameter along the x axis, or a metric whose distribution is wanted");
  several(
      "--y", request.y,
      "NAME (a share or a median), NAME=VALUE (its share), mean(NAME), median(NAME), pNN(NAME), "
      "min(NAME) or max(NAME); may be given again");
  several("--by", request.by, "parameter whose values make a series each; may be given again");
  several("--where", request.where,
          "NAME=VALUE, or !=, <, <=, > or >=: only runs for which it holds; may be given again");
  command.add_option("--heat", request.heat, "measure that colours a map over --x and --y");
  command.add_option("--theory", request.theory, "metric that the scenario expects, shown beside");
  command.add_flag("--stacked", request.stacked, "put the bars of several measures on each other");
  return x;
}

// What there is in the results.
void list_columns(const results::Frame& frame) {
  std::cout << fmt::format("{}\n{} runs of {} points\n\n", frame.scenario, frame.rows,
                           frame.points.back() + 1);
  Columns table;
  table.add({{"name"}, {"is"}, {"values"}});
  for (const results::Column& column : frame.columns) {
    std::vector<std::string> different;
    std::size_t count = 0;
    constexpr std::size_t most_shown = 6;
    for (const std::string& text : column.texts) {
      if (text.empty()) continue;
      ++count;
      if (different.size() <= most_shown &&
          std::find(different.begin(), different.end(), text) == different.end()) {
        different.push_back(text);
      }
    }
    const bool many = different.size() > most_shown;
    if (many) different.resize(most_shown / 2);
    std::string values = fmt::format("{}{}", fmt::join(different, ", "), many ? ", …" : "");
    if (column.kind == results::ColumnKind::number && many) {
      const auto least = figures::parse_measure(frame, fmt::format("min({})", column.name));
      const auto most = figures::parse_measure(frame, fmt::format("max({})", column.name));
      std::vector<std::size_t> rows(frame.rows);
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
      values = fmt::format("{} to {}",
                           figures::quantity(least.value().of(rows).estimate.value, column.unit),
                           figures::quantity(most.value().of(rows).estimate.value, column.unit));
    }
    if (count < frame.rows) values += fmt::format(" (in {} runs)", count);
    table.add({{column.name, Paint::bold}, {column.origin}, {values}});
  }
  table.print(colours());
}

int show_table(const FigureArguments& arguments) {
  const auto frame = results::read_frame(arguments.database);
  if (!frame) return refuse({frame.error(), ""}, arguments.json);
  if (arguments.request.x.empty()) {
    list_columns(frame.value());
    return exit_passed;
  }
  const auto figure = figures::make_figure(frame.value(), arguments.request);
  if (!figure) return refuse({figure.error(), ""}, arguments.json);
  if (arguments.json) {
    std::cout << figures::to_json(figure.value()).dump(1) << '\n';
  } else if (arguments.format == "markdown") {
    std::cout << figures::markdown_table(figure.value());
  } else if (arguments.format == "csv") {
    std::cout << figures::csv_table(figure.value());
  } else {
    std::cout << figures::text_table(figure.value());
  }
  return exit_passed;
}

int draw_plot(const FigureArguments& arguments) {
  if (!figures::is_drawable(arguments.out)) {
    return usage_error(
        fmt::format("--out {}: expected a name that ends in .svg, .png or .pdf", arguments.out));
  }
  const auto frame = results::read_frame(arguments.database);
  if (!frame) return usage_error(frame.error());
  const auto figure = figures::make_figure(frame.value(), arguments.request);
  if (!figure) return usage_error(figure.error());
  const std::string complaint = figures::draw(figure.value(), arguments.drawing, arguments.out);
  return complaint.empty() ? exit_passed : usage_error(complaint);
}

}  // namespace

Command add_table(CLI::App& app) {
  auto arguments = std::make_shared<FigureArguments>();
  CLI::App* const command =
      app.add_subcommand("table", "Show what a sweep's results say, as a table");
  CLI::Option* const x = add_request(*command, *arguments);
  command->add_option("--format", arguments->format, "how it is written")
      ->check(CLI::IsMember({"text", "markdown", "csv"}))
      ->capture_default_str();
  command
      ->add_flag("--json", arguments->json,
                 "print it as data; units are s, bit/s, B and shares of 1")
      ->needs(x);
  for (const char* const name : {"--y", "--by", "--where", "--heat", "--theory", "--stacked"}) {
    command->get_option(name)->needs(x);
  }
  command->footer(
      fmt::format("Without --x it lists the parameters and metrics that there are.\n\n"
                  "Examples:\n"
                  "  {0} table keepalive.db\n"
                  "  {0} table keepalive.db --x slow --y 'mean(heard)'\n"
                  "  {0} table keepalive.db --x slow --y passed --format markdown",
                  app.get_name()));
  return [arguments] { return show_table(*arguments); };
}

Command add_plot(CLI::App& app) {
  auto arguments = std::make_shared<FigureArguments>();
  CLI::App* const command =
      app.add_subcommand("plot", "Draw what a sweep's results say, as SVG, PNG or PDF");
  add_request(*command, *arguments)->required();
  command->add_flag("--log-x", arguments->drawing.log_x, "a logarithmic x axis");
  command->add_flag("--log-y", arguments->drawing.log_y, "a logarithmic y axis");
  command->add_option("--title", arguments->drawing.title, "instead of the scenario's name");
  command->add_option("--out", arguments->out, "file to write; its ending says the format")
      ->required();
  command->footer(fmt::format(
      "Numbers on the x axis give lines, texts give bars, a metric without --y its distribution.\n"
      "Bands and whiskers are 95 % intervals. Python's matplotlib draws.\n\n"
      "Examples:\n"
      "  {0} plot keepalive.db --x slow --y 'mean(heard)' --out heard.svg\n"
      "  {0} plot keepalive.db --x heard --by slow --out distribution.png",
      app.get_name()));
  return [arguments] { return draw_plot(*arguments); };
}

}  // namespace natsim::cli
