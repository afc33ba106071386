#include "sim/agents/signalling.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stack/ice/candidate_line.h"
#include "stack/sdp/description.h"

namespace natsim::agents {

namespace {

// The kinds of the sections, and how many candidates there are.
std::string summary_of(const peer::SessionDescription& description) {
  const auto parsed = sdp::parse(description.sdp);
  if (!parsed) return "";
  std::string text;
  std::size_t candidates = 0;
  for (const sdp::Media& media : parsed.value().media) {
    if (!text.empty()) text += ", ";
    text += media.port == 0 && !sdp::find(media.attributes, "bundle-only") ? "no " + media.kind
                                                                           : media.kind;
    for (const sdp::Attribute& attribute : media.attributes) {
      if (attribute.name == "candidate") ++candidates;
    }
  }
  return candidates == 0 ? text : fmt::format("{}, {} candidates", text, candidates);
}

}  // namespace

std::string_view kind_of(const Signal& signal) {
  if (const auto* described = std::get_if<peer::SessionDescription>(&signal)) {
    return to_string(described->type);
  }
  constexpr std::string_view kinds[] = {"description", "candidate", "end-of-candidates"};
  return kinds[signal.index()];
}

std::string text_of(const Signal& signal) {
  if (const auto* candidate = std::get_if<ice::Candidate>(&signal)) {
    return ice::encode_candidate(*candidate);
  }
  if (const auto* described = std::get_if<peer::SessionDescription>(&signal)) {
    return summary_of(*described);
  }
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
