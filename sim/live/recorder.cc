#include "sim/live/recorder.h"

#include <nlohmann/json.hpp>

#include "sim/live/record_bytes.h"

namespace natsim::live {
namespace {

void append(std::string& bytes, const Arrival& arrival) {
  if (const auto* const datagram = std::get_if<DatagramArrived>(&arrival.what)) {
    return append_record(bytes, RecordKind::datagram, arrival.at, datagram->host,
                         as_text(datagram->datagram));
  }
  if (const auto* const line = std::get_if<LineArrived>(&arrival.what)) {
    return append_record(bytes, RecordKind::line, arrival.at, line->program, line->line);
  }
  const auto& ended = std::get<EndArrived>(arrival.what);
  std::string how;
  append_number(how, ended.end.by_signal ? 1 : 0, 1);
  append_number(how, static_cast<std::uint64_t>(ended.end.code), 4);
  append_record(bytes, RecordKind::program_end, arrival.at, ended.program, how);
}

}  // namespace

Recorder::Recorder(const std::string& path, const RecordedRun& run)
    : file_(path, std::ios::binary | std::ios::trunc) {
  nlohmann::ordered_json settings = nlohmann::ordered_json::array();
  for (const script::Setting& setting : run.settings) {
    settings.push_back({setting.name, setting.value});
  }
  const nlohmann::ordered_json header = {{"natsim", run.version},    {"file", run.path},
                                         {"scenario", run.scenario}, {"seed", run.seed},
                                         {"settings", settings},     {"source", run.source}};
  file_ << recording_title << '\n'
        << header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n'
        << std::flush;
}

void Recorder::write(const std::vector<Arrival>& arrivals) {
  if (arrivals.empty()) return;
  bytes_.clear();
  for (const Arrival& arrival : arrivals) append(bytes_, arrival);
  file_ << bytes_ << std::flush;
}

void Recorder::finish(const RecordedEnd& end) {
  std::string digest;
  append_number(digest, end.digest, 8);
  bytes_.clear();
  append_record(bytes_, RecordKind::run_end, end.at, 0, digest);
  file_ << bytes_ << std::flush;
}

}  // namespace natsim::live
