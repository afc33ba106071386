#include "sim/agents/signalling.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stack/ice/candidate_line.h"

namespace natsim::agents {

namespace {

// The kinds of the sections, and how many candidates there are. Two of these are told of each
// description, so it looks at the lines that say so and parses none.
std::string summary_of(std::string_view sdp) {
  struct Section {
    std::string_view kind;
    bool rejected;
  };
  std::vector<Section> sections;
  std::size_t candidates = 0;
  const auto word = [](std::string_view& line) {
    const std::string_view first = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(first.size() + 1, line.size()));
    return first;
  };
  while (!sdp.empty()) {
    std::string_view line = sdp.substr(0, sdp.find('\n'));
    sdp.remove_prefix(std::min(line.size() + 1, sdp.size()));
    if (line.starts_with("m=")) {
      line.remove_prefix(2);
      const std::string_view kind = word(line);
      sections.push_back({kind, word(line) == "0"});
    } else if (line.starts_with("a=bundle-only") && !sections.empty()) {
      sections.back().rejected = false;
    } else if (line.starts_with("a=candidate:") && !sections.empty()) {
      ++candidates;
    }
  }
  std::string text;
  for (const Section& section : sections) {
    if (!text.empty()) text += ", ";
    if (section.rejected) text += "no ";
    text += section.kind;
  }
  return candidates == 0 ? text : fmt::format("{}, {} candidates", text, candidates);
}

}  // namespace

std::string_view kind_of(const Signal& signal) {
  if (const auto* described = std::get_if<peer::SessionDescription>(&signal)) {
    return to_string(described->type);
  }
  if (const auto* tagged = std::get_if<TaggedCandidate>(&signal)) {
    return tagged->line.empty() ? "end-of-candidates" : "candidate";
  }
  constexpr std::string_view kinds[] = {"description", "candidate", "end-of-candidates"};
  return kinds[signal.index()];
}

std::string text_of(const Signal& signal) {
  if (const auto* candidate = std::get_if<ice::Candidate>(&signal)) {
    return ice::encode_candidate(*candidate);
  }
  if (const auto* described = std::get_if<peer::SessionDescription>(&signal)) {
    return summary_of(described->sdp);
  }
  if (const auto* tagged = std::get_if<TaggedCandidate>(&signal)) return tagged->line;
  const auto* const description = std::get_if<Description>(&signal);
  if (description == nullptr) return {};
  std::string text = "ice-ufrag:" + description->credentials.ufrag;
  if (const auto count = description->candidates.size(); count > 0) {
    text += fmt::format(", {} candidates", count);
  }
  return text;
}

SignallingChannel::SignallingChannel(core::World& world, std::string name,
                                     const SignallingOptions& options, SignalReceiver& receiver)
    : Named(world, std::move(name)),
      Actor(world.scheduler(), id()),
      options_(options),
      receiver_(receiver),
      random_(world.random(world.unique_name(this->name() + "/signalling"))),
      arrival_(*this, core::EventClass::network) {}

void SignallingChannel::send(Signal signal) {
  tell("signal.sent", signal);
  std::int64_t losses = 0;
  while (options_.loss > 0 && random_.chance(options_.loss)) ++losses;
  if (losses > 0) {
    world().events().emit(world().now(), id(), "signal.lost",
                          {{"what", kind_of(signal)}, {"times", losses}});
  }
  Time due = world().now() + options_.one_way_delay + options_.resend_after * losses;
  if (!in_flight_.empty()) due = std::max(due, in_flight_.back().due);
  in_flight_.push_back({due, std::move(signal)});
  if (!arrival_.armed()) arrival_.arm(due);
}

void SignallingChannel::on_timer(core::Timer& /*timer*/) {
  const Signal signal = std::move(in_flight_.front().signal);
  in_flight_.pop_front();
  if (!in_flight_.empty()) arrival_.arm(in_flight_.front().due);
  tell("signal.received", signal);
  receiver_.receive_signal(signal);
}

void SignallingChannel::tell(std::string_view kind, const Signal& signal) {
  const std::string text = text_of(signal);
  world().events().emit(world().now(), id(), kind,
                        {{"what", kind_of(signal)}, {"text", std::string_view(text)}});
}

}  // namespace natsim::agents
