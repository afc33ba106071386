#include "sim/live/recording.h"

#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/live/record_bytes.h"

namespace natsim::live {
namespace {

// The header's line; nullopt if it is none.
std::optional<RecordedRun> read_header(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  RecordedRun run;
  try {
    json.at("natsim").get_to(run.version);
    json.at("file").get_to(run.path);
    json.at("scenario").get_to(run.scenario);
    json.at("seed").get_to(run.seed);
    json.at("source").get_to(run.source);
    for (const auto& setting : json.at("settings")) {
      run.settings.push_back({setting.at(0).get<std::string>(), setting.at(1).get<std::string>()});
    }
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  return run;
}

// Takes a record in; false if it says what no record says.
bool add_record(Recording& recording, char kind, Time at, std::uint32_t whose,
                std::string_view content) {
  if (recording.end || at < Time{}) return false;
  // The end may be before what came in last: the world did not wait for it.
  const bool in_order = recording.arrivals.empty() || recording.arrivals.back().at <= at;
  if (!in_order && static_cast<RecordKind>(kind) != RecordKind::run_end) return false;
  switch (static_cast<RecordKind>(kind)) {
    case RecordKind::datagram:
      recording.arrivals.push_back(
          {at, DatagramArrived{whose, Bytes(content.begin(), content.end())}});
      return true;
    case RecordKind::line:
      recording.arrivals.push_back({at, LineArrived{whose, std::string(content)}});
      return true;
    case RecordKind::program_end: {
      if (content.size() != 5) return false;
      const bool by_signal = content.front() != 0;
      const auto code = static_cast<int>(read_number(content.substr(1)));
      recording.arrivals.push_back({at, EndArrived{whose, {by_signal, code}}});
      return true;
    }
    case RecordKind::run_end:
      if (content.size() != 8) return false;
      recording.end = RecordedEnd{at, read_number(content)};
      return true;
  }
  return false;
}

}  // namespace

bool is_recording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string title(recording_title.size(), '\0');
  file.read(title.data(), static_cast<std::streamsize>(title.size()));
  return file && title == recording_title;
}

Result<Recording> read_recording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::string_view rest = bytes;
  const auto take_line = [&rest] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  if (take_line() != recording_title) {
    return Error{fmt::format("{}: it is no recording of a live run", path)};
  }
  auto run = read_header(take_line());
  if (!run) return Error{fmt::format("{}: its second line does not say of what run it is", path)};
  Recording recording{.run = std::move(*run)};
  while (rest.size() >= record_header) {
    const auto at = static_cast<std::int64_t>(read_number(rest.substr(1, 8)));
    const auto whose = static_cast<std::uint32_t>(read_number(rest.substr(9, 4)));
    const std::uint64_t length = read_number(rest.substr(13, 4));
    if (length > rest.size() - record_header) break;  // natsim was killed while it wrote
    if (!add_record(recording, rest.front(), Time{at}, whose, rest.substr(record_header, length))) {
      return Error{
          fmt::format("{}: there is no record at byte {}", path, bytes.size() - rest.size())};
    }
    rest.remove_prefix(record_header + length);
  }
  return recording;
}

}  // namespace natsim::live
