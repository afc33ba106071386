#include "sim/agents/room_signalling.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "stack/base/words.h"
#include "stack/ice/candidate_line.h"

namespace natsim::agents {

using signalling::SignalKind;

namespace {

// In the order of peer::SdpType.
constexpr std::array<SignalKind, 4> kinds_of_sdp = {SignalKind::offer, SignalKind::pranswer,
                                                    SignalKind::answer, SignalKind::rollback};

std::optional<peer::SdpType> sdp_type(SignalKind kind) {
  const auto found = std::find(kinds_of_sdp.begin(), kinds_of_sdp.end(), kind);
  if (found == kinds_of_sdp.end()) return std::nullopt;
  return static_cast<peer::SdpType>(found - kinds_of_sdp.begin());
}

Result<Signal> parse_candidate_signal(std::string_view line) {
  ice::CandidateLineError error{};
  const auto candidate = ice::parse_candidate(line, &error);
  if (!candidate) return Error{fmt::format("its candidate: {}", to_string(error))};
  return Signal(*candidate);
}

constexpr std::string_view end_of_line = "\r\n";
constexpr std::string_view ufrag_line = "a=ice-ufrag:";
constexpr std::string_view password_line = "a=ice-pwd:";
constexpr std::string_view generation_line = "a=ice-generation:";
constexpr std::string_view lite_line = "a=ice-lite";
constexpr std::string_view renomination_line = "a=ice-options:renomination";
constexpr std::string_view end_of_candidates_line = "a=end-of-candidates\r\n";

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find(end_of_line), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + end_of_line.size(), text.size()));
  return line;
}

// The lines that are ICE's alone, beginning with a username fragment. Each data stream has one, and
// its password.
Result<Signal> parse_description(std::string_view text) {
  Description description;
  std::vector<ice::Credentials> streams;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with(ufrag_line)) {
      streams.push_back({std::string(line.substr(ufrag_line.size())), {}});
    } else if (line.starts_with(password_line)) {
      streams.back().password = line.substr(password_line.size());
    } else if (line == lite_line) {
      description.lite = true;
    } else if (line == renomination_line) {
      description.renomination = true;
    } else if (line.starts_with(generation_line)) {
      const auto generation =
          parse_number<std::uint32_t>(line.substr(generation_line.size()), 0, UINT32_MAX);
      if (!generation) return Error{"its generation is not a number"};
      description.generation = *generation;
    } else {
      const auto candidate = parse_candidate_signal(line);
      if (!candidate) return candidate;
      description.candidates.push_back(std::get<ice::Candidate>(candidate.value()));
    }
  }
  const bool valid = std::all_of(streams.begin(), streams.end(),
                                 [](const auto& credentials) { return credentials.is_valid(); });
  if (streams.empty() || !valid) return Error{"it has no ICE credentials"};
  description.credentials = streams.front();
  description.more_streams.assign(streams.begin() + 1, streams.end());
  return Signal(std::move(description));
}

Result<Signal> parse_candidate_message(std::string_view payload) {
  if (payload.ends_with(end_of_candidates_line)) {
    const std::string_view line = take_line(payload);
    if (!line.starts_with(ufrag_line)) return Error{"it does not say whose candidates end"};
    return Signal(EndOfCandidates{std::string(line.substr(ufrag_line.size()))});
  }
  return parse_candidate_signal(payload);
}

}  // namespace

RoomMessage to_room_message(const Signal& signal, SignalKind description) {
  if (const auto* const candidate = std::get_if<ice::Candidate>(&signal)) {
    return {SignalKind::candidate, ice::encode_candidate(*candidate)};
  }
  if (const auto* const session = std::get_if<peer::SessionDescription>(&signal)) {
    return {kinds_of_sdp[static_cast<std::size_t>(session->type)], session->sdp};
  }
  if (const auto* const tagged = std::get_if<TaggedCandidate>(&signal)) {
    return {SignalKind::candidate, tagged->line};
  }
  if (const auto* const end = std::get_if<EndOfCandidates>(&signal)) {
    return {SignalKind::candidate,
            fmt::format("{}{}{}{}", ufrag_line, end->ufrag, end_of_line, end_of_candidates_line)};
  }
  // All that a description has: what is added to it does not compile here until it is carried.
  const auto& [credentials, more_streams, generation, lite, renomination, candidates] =
      std::get<Description>(signal);
  const auto lines_of = [](const ice::Credentials& stream) {
    return fmt::format("{}{}\r\n{}{}\r\n", ufrag_line, stream.ufrag, password_line,
                       stream.password);
  };
  std::string text = lines_of(credentials);
  for (const ice::Credentials& stream : more_streams) text += lines_of(stream);
  if (generation > 0) text += fmt::format("{}{}\r\n", generation_line, generation);
  if (lite) text += fmt::format("{}\r\n", lite_line);
  if (renomination) text += fmt::format("{}\r\n", renomination_line);
  for (const ice::Candidate& candidate : candidates) {
    text += fmt::format("a={}\r\n", ice::encode_candidate(candidate));
  }
  return {description, std::move(text)};
}

Result<Signal> from_room_message(SignalKind kind, std::string_view payload) {
  if (kind == SignalKind::candidate) return parse_candidate_message(payload);
  const auto type = sdp_type(kind);
  if (!type) return Error{"it is no signal"};
  if (payload.starts_with(ufrag_line)) return parse_description(payload);
  return Signal(peer::SessionDescription{*type, std::string(payload)});
}

RoomSignalling::RoomSignalling(std::string name, SignalKind description, SignallingClient& from,
                               SignallingClient& to, SignalReceiver& receiver)
    : Named(from.world(), std::move(name)),
      description_(description),
      from_(from),
      receiver_(receiver) {
  to.on_signal = [this](const signalling::SignalReceived& message) { receive(message); };
}

void RoomSignalling::send(Signal signal) {
  tell("signal.sent", signal);
  const RoomMessage message = to_room_message(signal, description_);
  const auto sent = from_.send(message.kind, message.payload);
  if (!sent) tell_refusal(kind_of(signal), sent.error());
}

void RoomSignalling::receive(const signalling::SignalReceived& message) {
  const auto signal = from_room_message(message.kind, message.payload);
  if (!signal) return tell_refusal(to_string(message.kind), signal.error());
  tell("signal.received", signal.value());
  receiver_.receive_signal(signal.value());
}

void RoomSignalling::tell(std::string_view kind, const Signal& signal) {
  const std::string text = text_of(signal);
  world().events().emit(world().now(), id(), kind,
                        {{"what", kind_of(signal)}, {"text", std::string_view(text)}});
}

void RoomSignalling::tell_refusal(std::string_view what, std::string_view reason) {
  world().events().emit(world().now(), id(), "signal.refused",
                        {{"what", what}, {"reason", reason}});
}

}  // namespace natsim::agents
