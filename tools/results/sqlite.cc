#include "tools/results/sqlite.h"

#include <sqlite3.h>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace natsim::results {

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(const std::string& path, Access access) : path_(path) {
  const int flags =
      access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) complain();
  constexpr int patience_ms = 5000;  // while another program writes
  sqlite3_busy_timeout(handle, patience_ms);
}

void Database::complain() const {
  throw DatabaseError(fmt::format("{}: {}", path_, sqlite3_errmsg(handle_.get())));
}

void Database::execute(const std::string& statements) {
  if (sqlite3_exec(handle_.get(), statements.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    complain();
  }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Database& database, std::string_view text) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database.handle(), text.data(), static_cast<int>(text.size()),
                           &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int result) const {
  if (result != SQLITE_OK) database_.complain();
}

void Statement::bind(int position, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), position, value));
}

void Statement::bind(int position, double value) {
  check(sqlite3_bind_double(statement_.get(), position, value));
}

void Statement::bind(int position, std::string_view value) {
  check(sqlite3_bind_text(statement_.get(), position, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
}

void Statement::bind(int position, const Stored& value) {
  std::visit(
      [&](const auto& held) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(held)>, std::monostate>) {
          bind_nothing(position);
        } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(held)>, std::string>) {
          bind(position, std::string_view(held));
        } else {
          bind(position, held);
        }
      },
      value);
}

void Statement::bind_nothing(int position) { check(sqlite3_bind_null(statement_.get(), position)); }

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  const bool failed = result != SQLITE_DONE;
  if (failed) database_.complain();
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

std::int64_t Statement::whole(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::number(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* const bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Stored Statement::value(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return whole(column);
    case SQLITE_FLOAT:
      return number(column);
    case SQLITE_NULL:
      return std::monostate();
    default:
      return text(column);
  }
}

Transaction::~Transaction() {
  if (database_ != nullptr) {
    sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_->execute("COMMIT");
  database_ = nullptr;
}

}  // namespace natsim::results
