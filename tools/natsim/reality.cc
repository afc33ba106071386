#include "tools/natsim/reality.h"

#include <iostream>

#include <fmt/format.h>

namespace natsim::cli {
namespace {

constexpr double believed_share = 0.99;  // of the datagrams has to be in time

void tell(const std::string& text) { std::cerr << "natsim: " << text << std::endl; }

std::string text_of(const live::Lateness::Row& row, Duration before) {
  const bool last = row.up_to.ns == Time::never().ns;
  return fmt::format("{} {}: {}", last ? "over" : "up to", to_string(last ? before : row.up_to),
                     row.count);
}

}  // namespace

// Says what the script logs when it does: a live run goes on for as long as it takes.
class Reality::LogTeller : public core::EventListener {
 public:
  [[nodiscard]] bool reads_notes() const override { return false; }
  void on_agent(const core::AgentEvent& event) override {
    if (event.kind != "scenario.log") return;
    for (const core::Field& field : event.fields) {
      if (const auto* const text = std::get_if<std::string_view>(&field.value)) {
        std::cout << fmt::format("       {}  {}", to_string(event.at), *text) << std::endl;
      }
    }
  }
};

Reality::Reality(const Chosen& chosen, const LiveOptions* live, std::uint64_t seed,
                 const std::vector<script::Setting>& settings)
    : chosen_(chosen), live_(live), seed_(seed), settings_(settings) {
  if (live_ != nullptr) {
    machine_ = std::make_unique<live::ThisMachine>(tell, live_->tell_errors);
    if (!live_->record.empty()) {
      recorder_ = std::make_unique<live::Recorder>(live_->record,
                                                   live::RecordedRun{.path = chosen.file.path,
                                                                     .source = chosen.file.source,
                                                                     .scenario = chosen.info().name,
                                                                     .seed = seed_,
                                                                     .settings = settings_,
                                                                     .version = NATSIM_VERSION});
    }
    gateway_ = std::make_unique<live::Gateway>(*machine_, recorder_.get());
    if (live_->tell_logs) logs_ = std::make_unique<LogTeller>();
  } else if (chosen.recording != nullptr) {
    seed_ = chosen.recording->run.seed;
    settings_ = chosen.recording->run.settings;
    playback_ = std::make_unique<live::Playback>(*chosen.recording);
    gateway_ = std::make_unique<live::Gateway>(*playback_);
  }
}

Reality::~Reality() = default;

void Reality::prepare(script::RunOptions& options) {
  options.seed = seed_;
  options.settings = settings_;
  options.outside = gateway_.get();
  if (logs_ != nullptr) options.listeners.push_back(logs_.get());
}

bool Reality::interrupted() const { return machine_ != nullptr && machine_->interrupted_by() != 0; }

void Reality::finish(const script::Outcome& outcome) {
  if (recorder_ != nullptr) {
    recorder_->finish({Time{} + outcome.simulated, outcome.digest});
    if (!recorder_->good()) complaint_ = fmt::format("{} could not be written", live_->record);
  }
  if (machine_ != nullptr) {
    const live::Truth& truth = machine_->truth();
    if (truth.lateness.quantile(believed_share) > live_->most_late) {
      complaint_ = fmt::format(
          "one datagram in a hundred was later than {}: other load on this machine, or more than "
          "it "
          "can forward (--max-lateness says what is allowed)",
          to_string(live_->most_late));
    } else if (truth.unread > 0) {
      complaint_ = "natsim was too slow to read all that its hosts have sent";
    } else if (truth.wrong_checksums > 0) {
      complaint_ = "datagrams had wrong checksums, which hosts drop without a word";
    }
  } else if (playback_ != nullptr) {
    const auto& end = chosen_.recording->end;
    if (end && end->digest != outcome.digest) {
      complaint_ = fmt::format(
          "it went otherwise than the live run, whose digest was {:016x}: natsim, or a file that "
          "the scenario requires, is not what it was",
          end->digest);
    }
  }
}

std::vector<std::string> Reality::text() const {
  std::vector<std::string> lines;
  if (machine_ != nullptr) {
    const live::Truth& truth = machine_->truth();
    const live::Lateness& late = truth.lateness;
    if (truth.read == 0 && late.count() == 0) return lines;
    lines.push_back(fmt::format(
        "live: {} datagrams read, {} written; late by {} (median), {} (99 in 100), {} at most",
        truth.read, late.count(), to_string(late.quantile(0.5)),
        to_string(late.quantile(believed_share)), to_string(late.worst())));
    std::string histogram;
    Duration before;
    for (const auto& row : late.histogram()) {
      if (row.count > 0) histogram += (histogram.empty() ? "" : ", ") + text_of(row, before);
      before = row.up_to;
    }
    lines.push_back(fmt::format("lateness: {}", histogram));
    if (truth.unread + truth.unwritten + truth.wrong_checksums > 0) {
      lines.push_back(
          fmt::format("lost outside: {} not read in time, {} not taken by the kernel, "
                      "{} with wrong checksums",
                      truth.unread, truth.unwritten, truth.wrong_checksums));
    }
    if (recorder_ != nullptr) lines.push_back(fmt::format("recorded in {}", live_->record));
  } else if (playback_ != nullptr) {
    const live::Recording& recording = *chosen_.recording;
    lines.push_back(fmt::format("replayed from a live run: {} arrivals{}",
                                recording.arrivals.size(),
                                !recording.end ? "; its end was not recorded"
                                : valid()      ? ", and the same digest"
                                               : ""));
  }
  if (!valid()) lines.push_back("NOT VALID: " + complaint_);
  return lines;
}

nlohmann::ordered_json Reality::json() const {
  if (machine_ == nullptr && playback_ == nullptr) return nullptr;
  nlohmann::ordered_json object;
  if (machine_ != nullptr) {
    const live::Truth& truth = machine_->truth();
    nlohmann::ordered_json histogram = nlohmann::ordered_json::array();
    for (const auto& row : truth.lateness.histogram()) {
      nlohmann::ordered_json entry = {{"up_to", row.up_to.to_seconds()}, {"count", row.count}};
      if (row.up_to.ns == Time::never().ns) entry["up_to"] = nullptr;
      histogram.push_back(std::move(entry));
    }
    object = {{"read", truth.read},
              {"written", truth.lateness.count()},
              {"lateness",
               {{"p50", truth.lateness.quantile(0.5).to_seconds()},
                {"p99", truth.lateness.quantile(believed_share).to_seconds()},
                {"worst", truth.lateness.worst().to_seconds()},
                {"histogram", std::move(histogram)}}},
              {"unread", truth.unread},
              {"unwritten", truth.unwritten},
              {"wrong_checksums", truth.wrong_checksums}};
    if (recorder_ != nullptr) object["recording"] = live_->record;
  } else {
    object["arrivals"] = chosen_.recording->arrivals.size();
    if (chosen_.recording->end) {
      object["live_digest"] = fmt::format("{:016x}", chosen_.recording->end->digest);
    }
  }
  object["valid"] = valid();
  if (!valid()) object["complaint"] = complaint_;
  return object;
}

}  // namespace natsim::cli
