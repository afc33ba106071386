#include "tools/results/store.h"

#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "tools/results/schema.h"

namespace natsim::results {

// That no other sweep works on the file. SQLite's own locks are of another kind, and end when any
// descriptor of the file is closed: this one stays open for longer than the database.
class Store::Lock {
 public:
  explicit Lock(const std::string& path)
      : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (file_ < 0) throw DatabaseError(fmt::format("{}: cannot be written", path));
    alone_ = ::flock(file_, LOCK_EX | LOCK_NB) == 0;
  }
  Lock(const Lock&) = delete;  // it owns a descriptor
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::close(file_); }
  [[nodiscard]] bool alone() const { return alone_; }

 private:
  int file_;
  bool alone_ = false;
};

struct Store::Inserts {
  explicit Inserts(const Database& database)
      : run(database, "INSERT OR IGNORE INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
        metric(database, "INSERT OR IGNORE INTO metrics VALUES (?1, ?2, ?3, ?4, ?5)") {}
  Statement run;
  Statement metric;
};

namespace {

bool is_empty(const Database& database) {
  Statement count(database, "SELECT count(*) FROM sqlite_schema");
  count.step();
  return count.whole(0) == 0;
}

void create(Database& database, const Charter& charter) {
  Transaction transaction(database);
  database.execute(schema);
  database.execute(fmt::format("PRAGMA application_id = {}", application_id));
  Statement fact(database, "INSERT INTO sweep VALUES (?1, ?2)");
  const auto insert_fact = [&fact](std::string_view key, std::string_view value) {
    fact.bind(1, key);
    fact.bind(2, value);
    fact.run();
  };
  insert_fact("format", format_version);
  for (const Fact& each : charter.facts) insert_fact(each.key, each.value);
  Statement source(database, "INSERT INTO sources VALUES (?1, ?2, ?3)");
  for (std::size_t i = 0; i < charter.sources.size(); ++i) {
    source.bind(1, static_cast<std::int64_t>(i));
    source.bind(2, std::string_view(charter.sources[i].path));
    source.bind(3, std::string_view(charter.sources[i].text));
    source.run();
  }
  Statement parameter(database, "INSERT INTO parameters VALUES (?1, ?2, ?3, ?4, ?5)");
  for (std::size_t i = 0; i < charter.parameters.size(); ++i) {
    const ParameterRow& row = charter.parameters[i];
    parameter.bind(1, static_cast<std::int64_t>(i));
    parameter.bind(2, std::string_view(row.name));
    parameter.bind(3, std::string_view(row.role));
    parameter.bind(4, std::string_view(row.value));
    parameter.bind(5, std::string_view(row.unit));
    parameter.run();
  }
  Statement setting(database, "INSERT INTO settings VALUES (?1, ?2, ?3, ?4)");
  for (const SettingRow& row : charter.settings) {
    setting.bind(1, row.point);
    setting.bind(2, std::string_view(row.name));
    setting.bind(3, std::string_view(row.value));
    row.number ? setting.bind(4, *row.number) : setting.bind_nothing(4);
    setting.run();
  }
  transaction.commit();
}

std::string quoted(const std::map<std::string, std::string>& facts, const std::string& key) {
  const auto found = facts.find(key);
  return found == facts.end() ? "not given" : fmt::format("'{}'", found->second);
}

// What makes the database that of another sweep; nullopt if nothing does.
std::optional<std::string> difference(const Database& database, const Charter& charter) {
  std::map<std::string, std::string> there;
  Statement fact(database, "SELECT key, value FROM sweep");
  while (fact.step()) there[fact.text(0)] = fact.text(1);
  std::map<std::string, std::string> asked{{"format", format_version}};
  for (const Fact& each : charter.facts) asked[each.key] = each.value;
  std::map<std::string, std::string> all = there;
  all.insert(asked.begin(), asked.end());
  for (const auto& [key, value] : all) {
    const std::string old_value = quoted(there, key);
    const std::string new_value = quoted(asked, key);
    if (old_value != new_value) {
      return fmt::format("{} was {} and is now {}", key, old_value, new_value);
    }
  }
  std::vector<std::string> texts;
  Statement source(database, "SELECT text FROM sources ORDER BY position");
  while (source.step()) texts.push_back(source.text(0));
  for (std::size_t i = 0; i < charter.sources.size() || i < texts.size(); ++i) {
    if (i >= texts.size() || i >= charter.sources.size()) return "other files are required";
    if (texts[i] != charter.sources[i].text) {
      return fmt::format("{} has been changed since", charter.sources[i].path);
    }
  }
  return std::nullopt;
}

bool is_results_database(const Database& database) {
  Statement id(database, "PRAGMA application_id");
  id.step();
  return id.whole(0) == application_id;
}

}  // namespace

Store::Store(std::unique_ptr<Lock> lock, std::unique_ptr<Database> database)
    : lock_(std::move(lock)), database_(std::move(database)) {}
Store::Store(Store&&) noexcept = default;

Store::~Store() {
  inserts_.reset();
  if (database_ == nullptr) return;
  try {
    database_->execute("PRAGMA journal_mode = DELETE");
  } catch (const DatabaseError&) {
    // Somebody reads it: the journal stays beside it, and nothing is lost.
  }
}

Result<Store> Store::open(const std::string& path, const Charter& charter) {
  auto lock = std::make_unique<Lock>(path);
  if (!lock->alone()) return Error{fmt::format("{}: another sweep writes to it", path)};
  Store store(std::move(lock), std::make_unique<Database>(path, Database::Access::write));
  Database& database = *store.database_;
  try {
    if (is_empty(database)) {
      database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      create(database, charter);
    } else if (!is_results_database(database)) {
      return Error{fmt::format("{}: it is a database, but not of a sweep", path)};
    } else if (const auto what = difference(database, charter)) {
      return Error{fmt::format(
          "{}: it holds another sweep's results: {}; name another file, or remove this one", path,
          *what)};
    } else {
      database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    }
  } catch (const DatabaseError& error) {
    return Error{error.what()};
  }
  store.inserts_ = std::make_unique<Inserts>(database);
  return store;
}

std::vector<bool> Store::done(std::int64_t runs) const {
  std::vector<bool> there(static_cast<std::size_t>(runs));
  Statement all(*database_, "SELECT run FROM runs");
  while (all.step()) {
    const std::int64_t run = all.whole(0);
    if (run >= 0 && run < runs) there[static_cast<std::size_t>(run)] = true;
  }
  return there;
}

void Store::write(std::span<const RunRow> rows) {
  if (rows.empty()) return;
  Transaction transaction(*database_);
  Statement& run = inserts_->run;
  Statement& metric = inserts_->metric;
  for (const RunRow& row : rows) {
    run.bind(1, row.run);
    run.bind(2, row.point);
    run.bind(3, row.seed);
    run.bind(4, std::string_view(row.outcome));
    row.reason.empty() ? run.bind_nothing(5) : run.bind(5, std::string_view(row.reason));
    const std::string digest = fmt::format("{:016x}", row.digest);
    run.bind(6, std::string_view(digest));
    run.bind(7, row.simulated);
    run.bind(8, row.events);
    run.bind(9, row.packets);
    run.run();
    for (const MetricRow& each : row.metrics) {
      metric.bind(1, row.run);
      metric.bind(2, std::string_view(each.name));
      metric.bind(3, std::string_view(each.kind));
      metric.bind(4, each.value);
      metric.bind(5, std::string_view(each.unit));
      metric.run();
    }
  }
  transaction.commit();
}

}  // namespace natsim::results
