// natsim run, live and replay: scenarios, their verdicts, and what happened in them.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sim/net/network.h"
#include "sim/record/drops.h"
#include "sim/record/explain.h"
#include "sim/record/key_log.h"
#include "sim/record/pcapng.h"
#include "sim/record/timeline.h"
#include "stack/base/units.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/list.h"
#include "tools/natsim/progress.h"
#include "tools/natsim/reality.h"
#include "tools/natsim/report.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/terminal.h"

namespace natsim::cli {
namespace {

struct RunArguments {
  std::string program;  // natsim as it was called
  Selection selection;
  std::string pcap;
  std::string keylog;
  bool decrypt = false;
  bool json = false;
  bool timeline = false;
  bool list = false;
  std::optional<LiveOptions> live;  // of natsim live
  bool record = true;
};

constexpr int timeline_columns = 160;  // where no terminal says how many it has

// What listens to one run. The listeners are made when the world is there and finished before it is
// gone.
class Listeners {
 public:
  // Null for a file that is not wanted.
  Listeners(const RunArguments& arguments, std::ostream* pcap, std::ostream* keys, std::string name)
      : arguments_(arguments), pcap_(pcap), keys_(keys), name_(std::move(name)) {}

  void start(net::Network& network) {
    core::EventStream& events = network.world().events();
    // To tell why a scenario failed; its cost is paid by every run, but small.
    explainer_ = std::make_unique<record::Explainer>(network.world());
    events.add_listener(*explainer_);
    if (pcap_ != nullptr) {
      writer_ = std::make_unique<record::PcapngWriter>(
          network.world(), *pcap_, name_,
          arguments_.decrypt ? record::CapturedMedia::decrypted : record::CapturedMedia::as_sent);
      events.add_listener(*writer_);
    }
    if (keys_ != nullptr) {
      key_log_ = std::make_unique<record::KeyLog>(*keys_);
      events.add_listener(*key_log_);
    }
    if (arguments_.timeline) {
      timeline_ = std::make_unique<record::Timeline>(
          network, std::cout,
          record::TimelineOptions{.width = columns() == 0 ? timeline_columns : columns(),
                                  .colour = colours()});
      events.add_listener(*timeline_);
    }
  }

  void finish(net::Network& network, const script::Outcome& outcome) {
    core::EventStream& events = network.world().events();
    if (outcome.verdict == script::Verdict::fail) {
      why_ = explainer_->why_failed();
    }
    drops_ = record::drops_by_reason(events);
    if (writer_ != nullptr) writer_->finish();
    events.remove_listener(*explainer_);
    if (writer_ != nullptr) events.remove_listener(*writer_);
    if (key_log_ != nullptr) events.remove_listener(*key_log_);
    if (timeline_ != nullptr) events.remove_listener(*timeline_);
    explainer_.reset();
    writer_.reset();
    key_log_.reset();
    timeline_.reset();
  }

  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const std::vector<record::ReasonCount>& drops() const { return drops_; }

 private:
  const RunArguments& arguments_;
  std::ostream* pcap_;
  std::ostream* keys_;
  std::string name_;  // of the scenario
  std::unique_ptr<record::Explainer> explainer_;
  std::unique_ptr<record::PcapngWriter> writer_;
  std::unique_ptr<record::KeyLog> key_log_;
  std::unique_ptr<record::Timeline> timeline_;
  std::string why_;
  std::vector<record::ReasonCount> drops_;
};

// Says what the capture is; exit_error if it could not be written.
int finish_capture(const RunArguments& arguments, std::ofstream& pcap, std::size_t scenarios) {
  if (!pcap.flush()) {
    return refuse({fmt::format("--pcap {}: could not be written to its end", arguments.pcap), ""},
                  arguments.json);
  }
  std::cerr << fmt::format(
      "natsim: wrote {}, {}, with a section for {}\n", arguments.pcap,
      size_text(static_cast<std::uint64_t>(pcap.tellp())),
      scenarios == 1 ? "the scenario" : fmt::format("each of the {} scenarios", scenarios));
  return exit_passed;
}

// The file that a live run is recorded in if none is named: the scenario file's name, in the folder
// that natsim was started in, with the number of the scenario if it is not the first.
std::string default_recording(const Chosen& chosen) {
  const std::string stem = std::filesystem::path(chosen.file.path).stem().string();
  return chosen.index == 0 ? stem + ".live" : fmt::format("{}-{}.live", stem, chosen.index + 1);
}

int run_all(const RunArguments& arguments) {
  const Selection& selection = arguments.selection;
  const auto settings = settings_of(selection);
  if (!settings) return refuse({settings.error(), ""}, arguments.json);
  const auto choice = choose(selection);
  if (const auto* const refusal = std::get_if<Refusal>(&choice)) {
    return refuse(*refusal, arguments.json);
  }
  const auto& chosen = std::get<std::vector<Chosen>>(choice);
  if (arguments.list) return list_scenarios(chosen, selection, arguments.json);
  std::ofstream pcap;
  std::ofstream keys;
  for (const auto& [option, path, file] :
       {std::tuple("--pcap", &arguments.pcap, &pcap), {"--keylog", &arguments.keylog, &keys}}) {
    if (path->empty()) continue;
    file->open(*path, std::ios::binary | std::ios::trunc);
    if (!*file) {
      return refuse({fmt::format("{} {}: cannot be written", option, *path), ""}, arguments.json);
    }
  }
  const bool coloured = colours();
  std::vector<script::Outcome> outcomes;
  int worst = exit_passed;
  int passed = 0;
  for (const Chosen& scenario : chosen) {
    if (arguments.timeline)
      std::cout << fmt::format("{}\n", paint(coloured, Paint::bold, scenario.info().name));
    Listeners listeners(arguments, pcap.is_open() ? &pcap : nullptr,
                        keys.is_open() ? &keys : nullptr, scenario.info().name);
    script::RunOptions options{.limits = selection.limits};
    std::optional<LiveOptions> live = arguments.live;
    if (live && arguments.record && live->record.empty()) {
      live->record = default_recording(scenario);
    }
    Reality reality(scenario, live ? &*live : nullptr, selection.seed, settings.value());
    reality.prepare(options);
    options.at_start = [&](net::Network& network) { listeners.start(network); };
    options.at_end = [&](net::Network& network, const script::Outcome& outcome) {
      listeners.finish(network, outcome);
    };
    const auto start = std::chrono::steady_clock::now();
    {
      // A live run starts processes, for which natsim should have one thread; it tells of itself.
      std::optional<Progress> progress;
      if (!live) progress.emplace(scenario.info().name);
      outcomes.push_back(script::run_scenario(scenario.file, scenario.index, options));
    }
    reality.finish(outcomes.back());
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    const script::Outcome& outcome = outcomes.back();
    const Run result{.program = arguments.program,
                     .chosen = scenario,
                     .seed = options.seed,
                     .outcome = outcome,
                     .wall_seconds = wall.count(),
                     .why = listeners.why(),
                     .drops = listeners.drops(),
                     .reality = reality.text(),
                     .live = live.has_value() || scenario.recording != nullptr,
                     .logs_told = live && live->tell_logs,
                     .recording = live ? live->record : "",
                     .outside = reality.json()};
    std::cout << (arguments.json ? json_of(result).dump() + "\n" : text_of(result, coloured))
              << std::flush;
    if (outcome.verdict == script::Verdict::error) worst = exit_error;
    if (outcome.verdict == script::Verdict::fail) worst = std::max(worst, exit_failed);
    if (outcome.verdict == script::Verdict::pass && !reality.valid()) {
      worst = std::max(worst, exit_failed);
    }
    if (outcome.verdict == script::Verdict::pass && reality.valid()) ++passed;
    if (reality.interrupted()) return exit_interrupted;
  }
  if (!arguments.json && outcomes.size() > 1) {
    std::cout << fmt::format("{} of {} scenarios passed\n", passed, outcomes.size());
  }
  if (pcap.is_open()) worst = std::max(worst, finish_capture(arguments, pcap, outcomes.size()));
  if (keys.is_open() && !keys.flush()) {
    return refuse(
        {fmt::format("--keylog {}: could not be written to its end", arguments.keylog), ""},
        arguments.json);
  }
  if (const auto complaint = script::undeclared_setting(settings.value(), outcomes)) {
    return refuse({"--set: " + *complaint, ""}, arguments.json);
  }
  return worst;
}

// The options that the three have in common.
void add_output(CLI::App& command, RunArguments& arguments) {
  CLI::Option* const pcap = command.add_option(
      "--pcap", arguments.pcap, "write what passed each host and NAT to this pcapng file");
  command
      .add_flag("--decrypt", arguments.decrypt,
                "write media decrypted to that file: RTP and RTCP, without what SRTP adds")
      ->needs(pcap);
  command.add_option(
      "--keylog", arguments.keylog,
      "write the keys of DTLS to this file, as browsers do; a capture holds them too");
  command.add_flag("--json", arguments.json,
                   "print one JSON object a line instead of text; durations are in seconds");
  command.add_flag("--timeline", arguments.timeline, "print what happened, a line an event")
      ->excludes("--json");
}

}  // namespace

Command add_run(CLI::App& app) {
  auto arguments = std::make_shared<RunArguments>();
  arguments->program = app.get_name();
  CLI::App* const command = app.add_subcommand("run", "Run scenarios and tell how they went");
  arguments->selection.add_to(*command);
  add_output(*command, *arguments);
  command->add_flag("--list", arguments->list, "only list the scenarios, with their parameters")
      ->excludes("--timeline")
      ->excludes("--set")
      ->excludes("--pcap")
      ->excludes("--keylog");
  command->footer(
      fmt::format("Exit codes: 0 all passed, 1 an expectation failed, 2 usage or script error.\n\n"
                  "Examples:\n"
                  "  {0} run scenarios/symmetric_nat.lua\n"
                  "  {0} run scenarios/*.lua --json\n"
                  "  {0} run scenarios/symmetric_nat.lua --only 'without a relay' --timeline\n"
                  "  {0} run scenarios/lost_stun.lua --seed 7 --pcap lost.pcapng\n"
                  "  {0} run scenarios/keepalive_too_slow.lua --list\n"
                  "  {0} run scenarios/keepalive_too_slow.lua --set slow=35s",
                  app.get_name()));
  return [arguments] { return run_all(*arguments); };
}

Command add_live(CLI::App& app) {
  auto arguments = std::make_shared<RunArguments>();
  arguments->program = app.get_name();
  LiveOptions& live = arguments->live.emplace();
  CLI::App* const command =
      app.add_subcommand("live", "Run scenarios in real time, with real programs on their hosts");
  arguments->selection.limits.events = UINT64_MAX;
  arguments->selection.limits.instructions = UINT64_MAX;
  arguments->selection.add_to(*command);
  add_output(*command, *arguments);
  CLI::Option* const record = command->add_option(
      "--record", live.record,
      "the file that the run is recorded in, for natsim replay; otherwise it is named after the "
      "scenario's, with the ending .live");
  command->add_flag("!--no-record", arguments->record, "do not record the run")->excludes(record);
  command->add_flag("--show-errors", live.tell_errors,
                    "show what programs write on their standard error as it comes; otherwise the "
                    "end of it, when one fails");
  command
      ->add_option_function<std::string>(
          "--max-lateness",
          [&live](const std::string& text) {
            const auto span = parse_duration(text);
            if (!span || span.value() <= Duration{}) {
              throw CLI::ValidationError("--max-lateness",
                                         span ? "expected more than nothing" : span.error());
            }
            live.most_late = span.value();
          },
          "a run is not valid if more than one datagram in a hundred is later than this")
      ->type_name("DURATION")
      ->default_str(to_string(live.most_late));
  command->footer(
      fmt::format("A program runs in a network namespace of its own, which an ordinary user may "
                  "make where user\n"
                  "namespaces and /dev/net/tun are allowed, and root anywhere. Nothing of it is "
                  "left when natsim\n"
                  "ends, however it ends.\n\n"
                  "Exit codes: 0 all passed, 1 an expectation failed or the run is not valid, 2 "
                  "usage or script\n"
                  "error, 130 interrupted.\n\n"
                  "Examples:\n"
                  "  {0} live scenarios/live/two_browsers.lua\n"
                  "  {0} live scenarios/live/ping.lua --timeline",
                  app.get_name()));
  return [arguments] {
    if (arguments->record && !arguments->live->record.empty() &&
        arguments->selection.files.size() > 1) {
      return usage_error("--record: one file cannot hold the runs of several; leave it out");
    }
    arguments->live->tell_logs = !arguments->json && !arguments->timeline;
    return run_all(*arguments);
  };
}

Command add_replay(CLI::App& app) {
  auto arguments = std::make_shared<RunArguments>();
  arguments->program = app.get_name();
  CLI::App* const command = app.add_subcommand(
      "replay", "Run what natsim live has recorded again, without the programs and the waiting");
  arguments->selection.limits.events = UINT64_MAX;
  arguments->selection.limits.instructions = UINT64_MAX;
  command->add_option("RECORDING", arguments->selection.files, "files of natsim live")->required();
  add_output(*command, *arguments);
  command->footer(
      fmt::format("The same recording gives the same events, and the same digest, every time; "
                  "{0} run\nand {0} explain take recordings as well.\n\n"
                  "Exit codes: 0 all passed, 1 an expectation failed or it went otherwise than it "
                  "did, 2 usage\nor script error.\n\n"
                  "Examples:\n"
                  "  {0} replay ping.live --timeline\n"
                  "  {0} replay ping.live --pcap ping.pcapng",
                  app.get_name()));
  return [arguments] {
    for (const std::string& path : arguments->selection.files) {
      if (live::is_recording(path)) continue;
      return usage_error(fmt::format("{}: it is no recording of natsim live", path));
    }
    return run_all(*arguments);
  };
}

}  // namespace natsim::cli
