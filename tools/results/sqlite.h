// SQLite's C interface as values that close themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

struct sqlite3;
struct sqlite3_stmt;

namespace natsim::results {

// What SQLite or the file system refused, with the file's path in front.
class DatabaseError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A column's value: nothing, a whole number, a number or a text.
using Stored = std::variant<std::monostate, std::int64_t, double, std::string>;

// An open database. Every call may throw a DatabaseError.
class Database {
 public:
  enum class Access { read, write };
  // With `write` a file that is not there is made.
  Database(const std::string& path, Access access);

  // Runs statements that give no rows.
  void execute(const std::string& statements);
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Throws SQLite's last message.
  [[noreturn]] void complain() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// A compiled statement, to be used again and again. Its database must outlive it.
class Statement {
 public:
  Statement(const Database& database, std::string_view text);

  // Sets the parameter ?`position`, from 1. What a text view shows must stay until the next step.
  void bind(int position, std::int64_t value);
  void bind(int position, double value);
  void bind(int position, std::string_view value);
  void bind(int position, const Stored& value);
  void bind_nothing(int position);
  // True while there is a row. At the end the statement is ready for its next use.
  bool step();
  // Runs it to its end.
  void run();

  // Columns of the row, from 0.
  [[nodiscard]] std::int64_t whole(int column) const;
  [[nodiscard]] double number(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Stored value(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int result) const;

  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// A transaction, undone unless it is committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(&database) {
    database.execute("BEGIN IMMEDIATE");
  }
  Transaction(const Transaction&) = delete;  // there is one end
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database* database_;  // null once it is over
};

}  // namespace natsim::results
