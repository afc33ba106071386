// What tables and plots show of a sweep's results.
#include "tools/figures/figure.h"

#include <gmock/gmock.h>

#include "tools/figures/filter.h"
#include "tools/figures/measure.h"
#include "tools/figures/table.h"

namespace natsim::figures {
namespace NATSIM_TEST_FILE {

using results::Column;
using results::ColumnKind;
using results::Frame;
using testing::ElementsAre;
using testing::HasSubstr;

Column numbers(std::string name, std::string unit, std::vector<std::optional<double>> values) {
  Column column{.name = std::move(name), .unit = std::move(unit), .kind = ColumnKind::number};
  for (const auto& value : values) column.texts.push_back(value ? std::to_string(*value) : "");
  column.numbers = std::move(values);
  return column;
}

Column texts(std::string name, std::vector<std::string> values) {
  Column column{.name = std::move(name), .kind = ColumnKind::text};
  column.numbers.resize(values.size());
  column.texts = std::move(values);
  return column;
}

// Two NATs, two intervals, two runs each.
Frame frame() {
  Frame made{.path = "x.db", .scenario = "a story", .rows = 8, .points = {0, 0, 1, 1, 2, 2, 3, 3}};
  made.columns.push_back(texts("nat", {"b", "b", "b", "b", "a", "a", "a", "a"}));
  made.columns.push_back(numbers("interval", "s", {20, 20, 10, 10, 20, 20, 10, 10}));
  made.columns.push_back(numbers("time", "s", {1, 2, 3, 4, 5, 6, 7, std::nullopt}));
  made.columns.push_back(
      texts("path", {"host", "relay", "host", "host", "relay", "relay", "", ""}));
  Column held = numbers("held", "", {1, 0, 1, 1, 0, 0, 1, 0});
  held.kind = ColumnKind::boolean;
  made.columns.push_back(held);
  made.columns.push_back(numbers("wanted", "", {0.5, 0.5, 0.8, 0.8, 0.5, 0.5, 0.8, 0.8}));
  return made;
}

std::string error_of(const Request& request) {
  const Frame made = frame();
  const auto figure = make_figure(made, request);
  return figure ? "no error" : figure.error();
}

Figure figure_of(const Request& request) {
  const Frame made = frame();
  auto figure = make_figure(made, request);
  EXPECT_TRUE(figure.ok()) << figure.error();
  return figure ? figure.value() : Figure{};
}

TEST(Figure, MakesLinesOverNumbersInTheirOrder) {
  const Figure figure =
      figure_of({.x = "interval", .y = {"held"}, .by = {"nat"}, .theory = "wanted"});
  EXPECT_EQ(figure.kind, Kind::lines);
  EXPECT_EQ(figure.x.unit, "s");
  EXPECT_EQ(figure.y.unit, "%");
  ASSERT_EQ(figure.series.size(), 2u);
  EXPECT_EQ(figure.series[0].name, "b");  // the order of the runs
  ASSERT_EQ(figure.series[0].marks.size(), 2u);
  EXPECT_EQ(figure.series[0].marks[0].x, 10);
  EXPECT_EQ(figure.series[0].marks[0].value, 1);
  EXPECT_EQ(figure.series[0].marks[1].value, 0.5);
  EXPECT_EQ(figure.series[0].marks[1].runs, 2);
  EXPECT_TRUE(figure.series[0].marks[1].interval);
  // Both NATs expect the same, which is one line.
  ASSERT_EQ(figure.theory.size(), 1u);
  EXPECT_EQ(figure.theory[0].marks[0].value, 0.8);
}

TEST(Figure, MakesBarsOverTexts) {
  const Figure figure = figure_of({.x = "nat", .y = {"path=relay"}});
  EXPECT_EQ(figure.kind, Kind::bars);
  ASSERT_EQ(figure.series.size(), 1u);
  // Of "a" two runs have no path, and do not count.
  EXPECT_EQ(figure.series[0].marks[0].value, 0.25);
  EXPECT_EQ(figure.series[0].marks[1].value, 1);
  EXPECT_EQ(figure.series[0].marks[1].runs, 2);
  EXPECT_EQ(figure_of({.x = "nat", .y = {"max(time)", "min(time)"}, .stacked = true}).kind,
            Kind::stacked);
}

TEST(Figure, MakesADistributionWithoutAMeasure) {
  const Figure figure = figure_of({.x = "time", .where = {"nat=b"}});
  EXPECT_EQ(figure.kind, Kind::distribution);
  ASSERT_EQ(figure.series[0].marks.size(), 4u);
  EXPECT_EQ(figure.series[0].marks[2].x, 3);
  EXPECT_EQ(figure.series[0].marks[2].value, 0.75);
}

TEST(Figure, MakesAMapOfTwoParameters) {
  const Figure figure = figure_of({.x = "interval", .y = {"nat"}, .heat = "mean(time)"});
  EXPECT_EQ(figure.kind, Kind::heat);
  ASSERT_EQ(figure.series.size(), 2u);
  EXPECT_EQ(figure.series[1].name, "a");
  EXPECT_EQ(figure.series[1].marks[1].value, 5.5);
  EXPECT_EQ(figure.colour.unit, "s");
}

TEST(Figure, RefusesWhatTheResultsDoNotHave) {
  EXPECT_THAT(error_of({.x = "intervall", .y = {"held"}}), HasSubstr("did you mean 'interval'"));
  EXPECT_THAT(error_of({.x = "interval", .y = {"path"}}), HasSubstr("'path=host'"));
  EXPECT_THAT(error_of({.x = "interval", .y = {"mean(path)"}}), HasSubstr("is a text"));
  EXPECT_THAT(error_of({.x = "interval", .y = {"p0(time)"}}), HasSubstr("expected NAME"));
  EXPECT_THAT(error_of({.x = "nat", .y = {"time"}, .by = {"held"}, .stacked = true}),
              HasSubstr("--where instead of --by"));
  EXPECT_THAT(error_of({.x = "nat"}), HasSubstr("a distribution is of numbers"));
  EXPECT_THAT(error_of({.x = "nat", .y = {"held", "time"}}), HasSubstr("different units"));
  EXPECT_THAT(error_of({.x = "nat", .y = {"held"}, .where = {"time>9"}}),
              HasSubstr("no run meets"));
}

TEST(Filter, ComparesNumbersWithTheirUnits) {
  const Frame made = frame();
  const auto rows = [&made](std::vector<std::string> conditions) {
    const auto found = rows_where(made, conditions);
    return found ? found.value() : std::vector<std::size_t>{99};
  };
  EXPECT_THAT(rows({"interval<=10s", "nat=a"}), ElementsAre(6, 7));
  EXPECT_THAT(rows({"interval<=10s", "time>=4000ms"}), ElementsAre(3, 6));
  EXPECT_THAT(rows({"path!=host"}), ElementsAre(1, 4, 5));  // none of those without a path
  EXPECT_THAT(rows({"held=true", "nat!=b"}), ElementsAre(6));
  EXPECT_FALSE(rows_where(made, {"nat<b"}).ok());
  EXPECT_FALSE(rows_where(made, {"time=soon"}).ok());
  EXPECT_FALSE(rows_where(made, {"time"}).ok());
}

TEST(Table, HasARowForEachPlaceAndAColumnForEachSeries) {
  const Figure figure = figure_of({.x = "nat", .y = {"max(time)"}, .by = {"held"}});
  EXPECT_EQ(text_table(figure),
            "a story\n"
            "\n"
            "NAT  held  not held\n"
            "b    4 s   2 s\n"
            "a    7 s   6 s\n");
  EXPECT_EQ(markdown_table(figure),
            "| NAT | held | not held |\n"
            "| --- | ---- | -------- |\n"
            "| b   | 4 s  | 2 s      |\n"
            "| a   | 7 s  | 6 s      |\n");
  EXPECT_EQ(csv_table(figure),
            "x,series,value,low,high,runs\n"
            "b,held,4,,,3\n"
            "a,held,7,,,1\n"
            "b,not held,2,,,1\n"
            "a,not held,6,,,2\n");
}

TEST(Table, WritesQuantitiesForPeople) {
  EXPECT_EQ(quantity(0.9312, "%"), "93.12 %");
  EXPECT_EQ(quantity(0.396, "s"), "396 ms");
  EXPECT_EQ(quantity(20, "s"), "20 s");
  EXPECT_EQ(quantity(600, "s"), "10 min");
  EXPECT_EQ(quantity(1.5e6, "bit/s"), "1.5 Mbit/s");
  EXPECT_EQ(quantity(0, "s"), "0 s");
  EXPECT_EQ(quantity(12345.678, ""), "12346");
  EXPECT_EQ(quantity(-0.5, "s"), "-500 ms");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::figures
