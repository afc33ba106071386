// A figure's numbers, which a table prints and a plot draws.
//
// 1. What is on the x axis decides the kind: numbers give lines, texts bars, no measure at all the
//    empirical distribution of x. Two parameters and `heat` give a heat map.
// 2. Values of each axis come in the order of the sweep's points.
// 3. A mark without a run is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "stack/base/result.h"
#include "tools/results/frame.h"
#include "tools/statistics/intervals.h"

namespace natsim::figures {

struct Request {
  std::string x;
  std::vector<std::string> y;      // measures; in a heat map one parameter
  std::string heat;                // a measure: the colour of (x, y); empty for other kinds
  std::vector<std::string> by;     // columns whose values make a line or a bar each
  std::vector<std::string> where;  // conditions of filter.h
  std::string theory;              // a metric: its mean is drawn beside the measures
  bool stacked = false;            // bars on top of each other
};

struct Mark {
  double x = 0;       // of lines and distributions
  std::string place;  // x as a text
  double value = 0;
  std::optional<statistics::Interval> interval;
  std::int64_t runs = 0;
};

struct Series {
  std::string name;  // empty if there is one only
  std::vector<Mark> marks;
};

struct Axis {
  std::string label;
  std::string unit;  // "s", "bit/s", "B", "%" (of values from 0 to 1) or what a scenario says
};

enum class Kind : std::uint8_t { lines, bars, stacked, distribution, heat };
const char* to_string(Kind kind);

struct Figure {
  Kind kind = Kind::lines;
  std::string title;
  std::string interval;  // what the intervals are; empty if there are none
  Axis x;
  Axis y;
  Axis colour;                 // of a heat map
  std::vector<Series> series;  // of a heat map one for each value of y
  std::vector<Series> theory;
};

// The error says which part of the request does not fit the results.
Result<Figure> make_figure(const results::Frame& frame, const Request& request);

// All of it as data.
nlohmann::ordered_json to_json(const Figure& figure);

}  // namespace natsim::figures
