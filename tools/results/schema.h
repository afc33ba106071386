// The tables of a results database. The comments stay in the file: `sqlite3 FILE .schema` shows
// them.
#pragma once

namespace natsim::results {

// What the table `sweep` holds under "format".
inline constexpr const char* format_version = "1";
// SQLite's application_id of these files: "nsim".
inline constexpr int application_id = 0x6e73'696d;

inline constexpr const char* schema = R"(
CREATE TABLE sweep (      -- what was asked for: another sweep has another value of one of these
  key TEXT PRIMARY KEY,   -- 'scenario', 'seeds', 'seed' (the first), 'sample', 'vary NAME', 'set NAME', …
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sources (    -- the scenario's file and those that it requires, as they were run
  position INTEGER PRIMARY KEY, -- 0 is the scenario's
  path TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE TABLE parameters ( -- that the scenario declares with param()
  position INTEGER PRIMARY KEY, -- from 0, in the order of their declaration
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,     -- 'varied', 'drawn', 'set' or 'default'
  value TEXT NOT NULL,    -- of one that is set or has its default; otherwise ''
  unit TEXT NOT NULL      -- of settings.number: 's', 'bit/s', 'B' or ''
) STRICT;
CREATE TABLE settings (   -- of the parameters that are varied or drawn
  point INTEGER NOT NULL, -- from 0, in the order of the grid: the last --vary changes first
  name TEXT NOT NULL,
  value TEXT NOT NULL,    -- as --set takes it
  number REAL,            -- the same in the parameter's unit; NULL for a text
  PRIMARY KEY (point, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
  run INTEGER PRIMARY KEY, -- from 0: the point times the seeds of a point, plus the seed's place
  point INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  outcome TEXT NOT NULL,  -- 'pass', 'fail' (an expectation did not hold) or 'error'
  reason TEXT,            -- of a fail or error, FILE:LINE in front
  digest TEXT NOT NULL,   -- of all that happened, 16 hexadecimal digits
  simulated REAL NOT NULL, -- s of virtual time
  events INTEGER NOT NULL, -- executed by the scheduler
  packets INTEGER NOT NULL -- IP datagrams that hosts made
) STRICT;
CREATE TABLE metrics (
  run INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,     -- 'boolean' (0 or 1), 'number' or 'text'
  value ANY NOT NULL,
  unit TEXT NOT NULL,     -- of a number: 's' for durations, or what the scenario says
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
)";

}  // namespace natsim::results
