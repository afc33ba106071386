#include "sim/script/peer_connection_object.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sim/script/media_options.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/stream_statistics.h"
#include "sim/script/table_writer.h"
#include "stack/ice/candidate_line.h"

namespace natsim::script {
namespace {

using agents::ConnectionState;
using peer::MediaKind;
using peer::SdpType;
using peer::SessionDescription;
using sdp::Direction;

constexpr std::array<std::string_view, 7> events = {"negotiationneeded",
                                                    "icecandidate",
                                                    "iceconnectionstatechange",
                                                    "connectionstatechange",
                                                    "signalingstatechange",
                                                    "track",
                                                    "trackended"};

constexpr std::array<Choice<MediaKind>, 2> kinds = {
    {{"audio", MediaKind::audio}, {"video", MediaKind::video}}};
constexpr std::array<Choice<SdpType>, 4> types = {{{"offer", SdpType::offer},
                                                   {"pranswer", SdpType::pranswer},
                                                   {"answer", SdpType::answer},
                                                   {"rollback", SdpType::rollback}}};
constexpr std::array<Choice<ConnectionState>, 6> states = {
    {{"new", ConnectionState::new_connection},
     {"connecting", ConnectionState::connecting},
     {"connected", ConnectionState::connected},
     {"disconnected", ConnectionState::disconnected},
     {"failed", ConnectionState::failed},
     {"closed", ConnectionState::closed}}};

struct TrackOptions {
  std::optional<std::string> stream;
  std::optional<Direction> direction;
  std::string codec;
  std::vector<peer::SendEncoding> encodings;
};
constexpr std::array<Key<TrackOptions>, 4> track_keys = {{
    {"send_encodings",
     [](const Value& value, TrackOptions& track) { track.encodings = read_send_encodings(value); }},
    {"stream", [](const Value& value, TrackOptions& track) { track.stream = value.text(); }},
    {"direction", [](const Value& value,
                     TrackOptions& track) { track.direction = value.one_of(direction_names); }},
    {"codec", [](const Value& value, TrackOptions& track) { track.codec = value.text(); }},
}};

constexpr std::array<Key<SessionDescription>, 2> description_keys = {{
    {"type", [](const Value& value,
                SessionDescription& description) { description.type = value.one_of(types); }},
    {"sdp",
     [](const Value& value, SessionDescription& description) { description.sdp = value.text(); }},
}};

struct CandidateInit {
  std::string candidate;
  std::string mid;
  std::optional<std::size_t> index;
};
constexpr std::array<Key<CandidateInit>, 3> candidate_keys = {{
    {"candidate",
     [](const Value& value, CandidateInit& candidate) { candidate.candidate = value.text(); }},
    {"sdp_mid", [](const Value& value, CandidateInit& candidate) { candidate.mid = value.text(); }},
    {"sdp_mline_index",
     [](const Value& value, CandidateInit& candidate) {
       candidate.index = value.number<std::size_t>(0, 1000);
     }},
}};

SessionDescription read_description(const Value& value) {
  SessionDescription description;
  value.require_table();
  read_options(value, description_keys, description);
  return description;
}

int push_description(lua_State* lua, const std::optional<SessionDescription>& description) {
  if (!description) return 0;
  TableWriter table(lua);
  table.set("type", to_string(description->type));
  table.set("sdp", description->sdp);
  return 1;
}

void check(lua_State* lua, std::string_view function, const std::optional<Error>& error) {
  if (error) raise(lua, "{}: {}", function, error->message);
}

int push_created(lua_State* lua, std::string_view function,
                 const Result<SessionDescription>& made) {
  if (!made) raise(lua, "{}: {}", function, made.error());
  return push_description(lua, made.value());
}

}  // namespace

constinit const Member PeerConnectionObject::methods[] = {
    {"add_track", call_member<PeerConnectionObject, &PeerConnectionObject::add_track>},
    {"remove_track", call_member<PeerConnectionObject, &PeerConnectionObject::remove_track>},
    {"set_direction", call_member<PeerConnectionObject, &PeerConnectionObject::set_direction>},
    {"stop", call_member<PeerConnectionObject, &PeerConnectionObject::stop>},
    {"transceivers", call_member<PeerConnectionObject, &PeerConnectionObject::transceivers>},
    {"negotiate", call_member<PeerConnectionObject, &PeerConnectionObject::negotiate>},
    {"create_offer", call_member<PeerConnectionObject, &PeerConnectionObject::create_offer>},
    {"create_answer", call_member<PeerConnectionObject, &PeerConnectionObject::create_answer>},
    {"set_local_description",
     call_member<PeerConnectionObject, &PeerConnectionObject::set_local_description>},
    {"set_remote_description",
     call_member<PeerConnectionObject, &PeerConnectionObject::set_remote_description>},
    {"add_ice_candidate",
     call_member<PeerConnectionObject, &PeerConnectionObject::add_ice_candidate>},
    {"restart_ice", call_member<PeerConnectionObject, &PeerConnectionObject::restart_ice>},
    {"on", call_member<PeerConnectionObject, &PeerConnectionObject::on>},
    {"wait", call_member<PeerConnectionObject, &PeerConnectionObject::wait>},
    {"get_stats", call_member<PeerConnectionObject, &PeerConnectionObject::get_stats>},
    {"close", call_member<PeerConnectionObject, &PeerConnectionObject::close>},
};
constinit const Member PeerConnectionObject::fields[] = {
    {"connection_state",
     call_member<PeerConnectionObject, &PeerConnectionObject::connection_state>},
    {"ice_connection_state",
     call_member<PeerConnectionObject, &PeerConnectionObject::ice_connection_state>},
    {"ice_gathering_state",
     call_member<PeerConnectionObject, &PeerConnectionObject::ice_gathering_state>},
    {"signaling_state", call_member<PeerConnectionObject, &PeerConnectionObject::signaling_state>},
    {"local_description",
     call_member<PeerConnectionObject, &PeerConnectionObject::local_description>},
    {"remote_description",
     call_member<PeerConnectionObject, &PeerConnectionObject::remote_description>},
};
const Class PeerConnectionObject::lua_class = {"peer connection", "a peer connection", methods,
                                               fields};

PeerConnectionObject::PeerConnectionObject(lua_State* lua, net::Host& host,
                                           agents::PeerConnectionOptions options)
    : lua_(lua), party_(host.name()), connection_(host, std::move(options)) {
  connection_.connect(*this);
  connection_.on_negotiation = [this](const peer::NegotiationEvent& event) { hear(event); };
  connection_.on_change = [this] { hear_change(); };
}

std::string PeerConnectionObject::shown() const {
  return fmt::format("peer connection '{}'", connection_.host().label());
}

template <typename Push>
void PeerConnectionObject::fire(std::string_view event, Push push) {
  for (const Handler& handler : handlers_) {
    if (handler.event != event) continue;
    Run::of(lua_).call_soon([function = handler.function, push](lua_State* lua) {
      lua_rawgeti(lua, LUA_REGISTRYINDEX, function);
      push(lua);
    });
  }
}

void PeerConnectionObject::send(agents::Signal signal) {
  if (const auto* candidate = std::get_if<ice::Candidate>(&signal)) {
    fire("icecandidate", [line = ice::encode_candidate(*candidate),
                          mid = connection_.negotiation().tagged_mid()](lua_State* lua) {
      TableWriter table(lua);
      table.set("candidate", line);
      table.set("sdp_mid", mid);
    });
  } else if (std::holds_alternative<agents::EndOfCandidates>(signal)) {
    fire("icecandidate", [](lua_State* lua) { lua_pushnil(lua); });
  }
  if (other_ != nullptr) pass_on(std::move(signal));
  // Otherwise a description is the script's to send.
}

void PeerConnectionObject::pass_on(agents::Signal signal) {
  agents::TaggedCandidate tagged{{}, connection_.negotiation().tagged_mid(), 0};
  if (const auto* candidate = std::get_if<ice::Candidate>(&signal)) {
    tagged.line = ice::encode_candidate(*candidate);
    other_->send(std::move(tagged));
  } else if (std::holds_alternative<agents::EndOfCandidates>(signal)) {
    other_->send(std::move(tagged));
  } else {
    other_->send(std::move(signal));
  }
}

void PeerConnectionObject::hear(const peer::NegotiationEvent& event) {
  if (const auto* change = std::get_if<peer::SignallingStateChanged>(&event)) {
    fire("signalingstatechange",
         [state = change->to](lua_State* lua) { push_string(lua, to_string(state)); });
    if (change->to == peer::SignallingState::stable) needed_ = false;
    look_whether_needed();
    return;
  }
  const auto* added = std::get_if<peer::TrackAdded>(&event);
  const auto id =
      added != nullptr ? added->transceiver : std::get<peer::TrackRemoved>(event).transceiver;
  const peer::Transceiver* transceiver = connection_.negotiation().find(id);
  if (transceiver == nullptr) return;
  fire(added != nullptr ? "track" : "trackended",
       [id, kind = transceiver->kind, mid = transceiver->agreed.mid,
        stream = added != nullptr ? added->id : sdp::MediaStreamId{}](lua_State* lua) {
         TableWriter table(lua);
         table.set("transceiver", id);
         table.set("kind", to_string(kind));
         table.set("mid", mid);
         if (!stream.stream.empty() && stream.stream != "-") table.set("stream", stream.stream);
         if (!stream.track.empty()) table.set("id", stream.track);
       });
}

void PeerConnectionObject::hear_change() {
  if (std::exchange(state_, connection_.state()) != state_) {
    fire("connectionstatechange",
         [state = state_](lua_State* lua) { push_string(lua, to_string(state)); });
  }
  if (const auto ice = connection_.ice().machine().state(); std::exchange(ice_state_, ice) != ice) {
    fire("iceconnectionstatechange", [ice](lua_State* lua) { push_string(lua, to_string(ice)); });
  }
}

void PeerConnectionObject::look_whether_needed() {
  const bool needed = connection_.negotiation().needed();
  if (needed && !std::exchange(needed_, true)) {
    fire("negotiationneeded", [](lua_State* lua) { lua_pushnil(lua); });
  }
}

int PeerConnectionObject::add_track(lua_State* lua) {
  const MediaKind kind = Value(lua, 2, "pc:add_track").one_of(kinds);
  TrackOptions options;
  const Value table(lua, 3, "pc:add_track");
  if (table.present()) read_options(table, track_keys, options);
  peer::Negotiation& negotiation = connection_.negotiation();
  const std::string_view host = connection_.host().label();
  const peer::Track track{options.stream.value_or(std::string(host)),
                          fmt::format("{}-{}", host, to_string(kind))};
  peer::TransceiverId id = 0;
  const Direction wanted = options.direction.value_or(Direction::sendrecv);
  if (!options.encodings.empty() && (kind != MediaKind::video || !sdp::sends(wanted))) {
    raise(lua, "pc:add_track: send_encodings: they are of video that is sent");
  }
  if (!sdp::sends(wanted)) {
    id = negotiation.add_transceiver(kind, wanted);
  } else if (!options.encodings.empty()) {
    id = negotiation.add_transceiver(kind, wanted, track, options.encodings);
  } else {
    id = negotiation.add_track(kind, track);
    if (options.direction) negotiation.set_direction(id, *options.direction);
  }
  if (!options.codec.empty() && !negotiation.prefer_codec(id, options.codec)) {
    raise(lua, "pc:add_track: codec: there is no codec '{}' for {}", options.codec,
          to_string(kind));
  }
  look_whether_needed();
  lua_pushinteger(lua, id);
  return 1;
}

int PeerConnectionObject::remove_track(lua_State* lua) {
  const Value id(lua, 2, "pc:remove_track");
  if (!connection_.negotiation().remove_track(id.number<peer::TransceiverId>(1, INT32_MAX))) {
    id.refuse("a transceiver with a track");
  }
  look_whether_needed();
  return 0;
}

int PeerConnectionObject::set_direction(lua_State* lua) {
  const Value id(lua, 2, "pc:set_direction");
  const Direction direction = Value(lua, 3, "pc:set_direction").one_of(direction_names);
  if (!connection_.negotiation().set_direction(id.number<peer::TransceiverId>(1, INT32_MAX),
                                               direction)) {
    id.refuse("a transceiver that is not stopped");
  }
  look_whether_needed();
  return 0;
}

int PeerConnectionObject::stop(lua_State* lua) {
  const Value id(lua, 2, "pc:stop");
  if (!connection_.negotiation().stop(id.number<peer::TransceiverId>(1, INT32_MAX))) {
    id.refuse("a transceiver");
  }
  look_whether_needed();
  return 0;
}

int PeerConnectionObject::transceivers(lua_State* lua) {
  push_list(lua, connection_.negotiation().transceivers(),
            [lua](const peer::Transceiver& transceiver) {
              TableWriter table(lua);
              table.set("id", transceiver.id);
              table.set("kind", to_string(transceiver.kind));
              table.set("direction", sdp::to_string(transceiver.direction));
              table.set("stopped", transceiver.stopped);
              if (!transceiver.agreed.mid.empty()) table.set("mid", transceiver.agreed.mid);
              if (const auto current = transceiver.agreed.current) {
                table.set("current_direction", sdp::to_string(*current));
              }
              if (!transceiver.agreed.codecs.empty()) {
                table.set("codec", transceiver.agreed.codecs.front().encoding);
              }
            });
  return 1;
}

int PeerConnectionObject::negotiate(lua_State* lua) {
  if (other_ == nullptr) raise(lua, "pc:negotiate: net:signalling() has not joined it to a peer");
  connection_.negotiate();
  if (!connection_.error().empty()) raise(lua, "pc:negotiate: {}", connection_.error());
  return 0;
}

int PeerConnectionObject::create_offer(lua_State* lua) {
  return push_created(lua, "pc:create_offer", connection_.create_offer());
}

int PeerConnectionObject::create_answer(lua_State* lua) {
  return push_created(lua, "pc:create_answer", connection_.create_answer());
}

int PeerConnectionObject::set_local_description(lua_State* lua) {
  const auto description = read_description(Value(lua, 2, "pc:set_local_description"));
  check(lua, "pc:set_local_description", connection_.set_local_description(description));
  return 0;
}

int PeerConnectionObject::set_remote_description(lua_State* lua) {
  const auto description = read_description(Value(lua, 2, "pc:set_remote_description"));
  check(lua, "pc:set_remote_description", connection_.set_remote_description(description));
  return 0;
}

int PeerConnectionObject::add_ice_candidate(lua_State* lua) {
  const Value value(lua, 2, "pc:add_ice_candidate");
  if (!value.present()) return 0;  // the end of candidates, as the event gives it
  CandidateInit candidate;
  value.require_table();
  read_options(value, candidate_keys, candidate);
  check(lua, "pc:add_ice_candidate",
        connection_.add_ice_candidate(candidate.candidate, candidate.mid, candidate.index));
  return 0;
}

int PeerConnectionObject::restart_ice(lua_State* lua) {
  if (!connection_.ice().started()) raise(lua, "pc:restart_ice: ICE has not started");
  check(lua, "pc:restart_ice", connection_.restart_ice());
  return 0;
}

int PeerConnectionObject::on(lua_State* lua) {
  const std::size_t event = Value(lua, 2, "pc:on").index_of(events);
  const Value handler(lua, 3, "pc:on");
  if (!lua_isfunction(lua, 3)) handler.refuse("a function");
  lua_pushvalue(lua, 3);
  handlers_.push_back({events[event], luaL_ref(lua, LUA_REGISTRYINDEX)});
  return 0;
}

int PeerConnectionObject::wait(lua_State* lua) {
  const ConnectionState wanted = Value(lua, 2, "pc:wait").one_of(states);
  const Duration timeout = Value(lua, 3, "pc:wait").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this, wanted] { return reached_ = connection_.state() == wanted; },
      &PeerConnectionObject::finish_wait);
}

int PeerConnectionObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  const auto& self = static_cast<PeerConnectionObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (self.reached_) return 0;
  Failure failure;
  failure.expected = fmt::format("{} within {}", lua_tostring(lua, 2),
                                 natsim::to_string(Value(lua, 3, "pc:wait").duration()));
  failure.actual = fmt::format("{} (ICE: {})", to_string(self.connection_.state()),
                               to_string(self.connection_.ice().machine().state()));
  failure.message = fmt::format("expected the {} to be {}, it is {}", self.shown(),
                                failure.expected, failure.actual);
  run.fail(lua, std::move(failure));
}

int PeerConnectionObject::get_stats(lua_State* lua) {
  push_statistics(lua, connection_);
  return 1;
}

int PeerConnectionObject::close(lua_State* /*lua*/) {
  connection_.close();
  return 0;
}

int PeerConnectionObject::connection_state(lua_State* lua) {
  push_string(lua, to_string(connection_.state()));
  return 1;
}

int PeerConnectionObject::ice_connection_state(lua_State* lua) {
  push_string(lua, to_string(connection_.ice().machine().state()));
  return 1;
}

int PeerConnectionObject::ice_gathering_state(lua_State* lua) {
  const bool complete = !connection_.ice().machine().milestones().gathering_ended.is_never();
  push_string(lua, complete ? "complete" : connection_.ice().started() ? "gathering" : "new");
  return 1;
}

int PeerConnectionObject::signaling_state(lua_State* lua) {
  push_string(lua, to_string(connection_.negotiation().state()));
  return 1;
}

int PeerConnectionObject::local_description(lua_State* lua) {
  return push_description(lua, connection_.local_description());
}

int PeerConnectionObject::remote_description(lua_State* lua) {
  return push_description(lua, connection_.negotiation().remote_description());
}

}  // namespace natsim::script
