// The database of a sweep: what was asked, and what each run came to.
//
// 1. What is committed is never lost, whatever ends the program: a killed sweep leaves a database
//    that open() takes up again.
// 2. A database belongs to one sweep. One of another sweep is refused, with what differs.
// 3. Its tables hold nothing but what follows from the sweep: run in any order, by however many
//    workers, interrupted or not, they are the same at the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stack/base/result.h"
#include "tools/results/sqlite.h"

namespace natsim::results {

// Something that makes the sweep what it is: {"seeds", "20"}, {"vary interval", "10s,20s"}.
struct Fact {
  std::string key;
  std::string value;
};

// A scenario's text, or that of a file that it requires.
struct SourceText {
  std::string path;
  std::string text;
};

struct ParameterRow {
  std::string name;
  std::string role;   // "varied", "drawn", "set" or "default"
  std::string value;  // of every point if it is set or default; otherwise empty
  std::string unit;   // of its numbers: "s", "bit/s", "B" or empty
};

struct SettingRow {
  std::int64_t point;
  std::string name;
  std::string value;             // as --set takes it
  std::optional<double> number;  // the same in the parameter's unit, if it is a quantity
};

struct MetricRow {
  std::string name;
  std::string kind;  // "boolean", "number" or "text"
  std::string unit;  // of a number: "s", or what the scenario says
  Stored value;      // of a boolean 0 or 1
};

struct RunRow {
  std::int64_t run;
  std::int64_t point;
  std::int64_t seed;
  std::string outcome;   // "pass", "fail" or "error"
  std::string reason;    // of a failure or an error, with its place; otherwise empty
  std::uint64_t digest;  // of the event stream
  double simulated;      // virtual seconds
  std::int64_t events;   // that the scheduler executed
  std::int64_t packets;  // datagrams that hosts made
  std::vector<MetricRow> metrics;
};

// What a sweep is made of, but for its runs.
struct Charter {
  std::vector<Fact> facts;          // keys are distinct
  std::vector<SourceText> sources;  // the scenario's file first
  std::vector<ParameterRow> parameters;
  std::vector<SettingRow> settings;
};

class Store {
 public:
  // Makes the database `path`, or takes up that of the same sweep. The error says why not: a file
  // that is no such database, one of another sweep, or another program that works on it. Throws a
  // DatabaseError for what SQLite or the file system refuses.
  static Result<Store> open(const std::string& path, const Charter& charter);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) = delete;
  // Leaves one file, without a journal beside it.
  ~Store();

  // Whether each of the runs from 0 to `runs` - 1 is there.
  [[nodiscard]] std::vector<bool> done(std::int64_t runs) const;
  // Commits all of them or, when it throws a DatabaseError, none. A run that is there stays as it
  // is.
  void write(std::span<const RunRow> rows);

 private:
  class Lock;
  struct Inserts;
  Store(std::unique_ptr<Lock> lock, std::unique_ptr<Database> database);

  std::unique_ptr<Lock> lock_;  // the first to be made and the last to go
  std::unique_ptr<Database> database_;
  std::unique_ptr<Inserts> inserts_;
};

}  // namespace natsim::results
