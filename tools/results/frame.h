// A sweep's results as columns: a row is a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/result.h"

namespace natsim::results {

enum class ColumnKind : std::uint8_t { boolean, number, text };

struct Column {
  std::string name;
  std::string origin;  // "varied", "drawn", "set", "default", "metric" or "run"
  std::string unit;    // of its numbers; may be empty
  ColumnKind kind = ColumnKind::text;
  // By run. A value that the run does not have is unset, and its text empty.
  std::vector<std::optional<double>> numbers;  // unset throughout if it is a text
  std::vector<std::string> texts;              // a parameter's as --set takes it

  [[nodiscard]] bool has(std::size_t row) const { return numbers[row] || !texts[row].empty(); }
};

struct Frame {
  std::string path;
  std::string scenario;
  std::size_t rows = 0;
  std::vector<std::int64_t> points;  // by row
  // First the parameters in the order of their declaration, then metrics by name, then what every
  // run has: passed, outcome, seed, simulated, events, packets.
  std::vector<Column> columns;

  // Null if there is none.
  [[nodiscard]] const Column* find(std::string_view name) const;
  // The column, or an error with the nearest name.
  [[nodiscard]] Result<const Column*> column(std::string_view name) const;
};

// Reads a database, also while a sweep writes to it. The error names the file and what is wrong.
Result<Frame> read_frame(const std::string& path);

}  // namespace natsim::results
