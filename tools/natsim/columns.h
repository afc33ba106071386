// A table for people.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/natsim/terminal.h"

namespace natsim::cli {

// A table whose columns are as wide as what is in them. The last one is not padded.
class Columns {
 public:
  struct Cell {
    std::string text;
    Paint colour = Paint::none;
  };

  void add(std::vector<Cell> row) {
    while (row.back().text.empty()) row.pop_back();
    widths_.resize(std::max(widths_.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths_[i] = std::max(widths_[i], row[i].text.size());
    }
    rows_.push_back(std::move(row));
  }
  void print(bool coloured) const {
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const bool last = i + 1 == row.size();
        const std::string padded =
            last ? row[i].text : fmt::format("{:<{}}  ", row[i].text, widths_[i]);
        line += paint(coloured, row[i].colour, padded);
      }
      std::cout << line << '\n';
    }
  }

 private:
  std::vector<std::vector<Cell>> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace natsim::cli
