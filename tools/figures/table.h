// A figure as a table.
#pragma once

#include <string>

#include "tools/figures/figure.h"

namespace natsim::figures {

// A row for each x, a column for each series, "93.1 % (90.2 to 95.4)" in the cells. In Markdown
// with its bars, else padded for a terminal.
std::string text_table(const Figure& figure);
std::string markdown_table(const Figure& figure);

// A line for each mark, with a header: x, series, value, low, high, runs. Numbers are in base
// units, shares from 0 to 1.
std::string csv_table(const Figure& figure);

// A number with its unit, as people read it: "93.1 %", "396 ms", "1.5 Mbit/s", "12".
std::string quantity(double value, const std::string& unit);

}  // namespace natsim::figures
