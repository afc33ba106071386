#include "sim/script/program_object.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "sim/script/json_value.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "stack/ice/candidate_line.h"

namespace natsim::script {
namespace {

using nlohmann::json;

constexpr std::size_t most_waiting = 10'000;  // a script that never receives is not to fill memory

constexpr std::array<Choice<bool>, 2> handler_kinds = {{{"message", false}, {"exit", true}}};

constexpr std::array<Choice<int>, 7> signals = {{{"SIGHUP", SIGHUP},
                                                 {"SIGINT", SIGINT},
                                                 {"SIGTERM", SIGTERM},
                                                 {"SIGKILL", SIGKILL},
                                                 {"SIGSTOP", SIGSTOP},
                                                 {"SIGCONT", SIGCONT},
                                                 {"SIGUSR1", SIGUSR1}}};

constexpr std::array<Choice<peer::SdpType>, 4> description_types = {
    {{"offer", peer::SdpType::offer},
     {"pranswer", peer::SdpType::pranswer},
     {"answer", peer::SdpType::answer},
     {"rollback", peer::SdpType::rollback}}};

// The message in a line; discarded if it is none.
json read_message(std::string_view line) {
  constexpr int deepest_level =
      32;  // arrays and objects in one another: what comes may be anything
  bool too_deep = false;
  const auto watch = [&too_deep](int depth, json::parse_event_t /*event*/, json& /*parsed*/) {
    if (depth > deepest_level) too_deep = true;
    return !too_deep;
  };
  json message = json::parse(line, watch, false);
  if (too_deep || !message.is_object()) return json(json::value_t::discarded);
  return message;
}

// The text of a field; empty if it has none.
std::string text_in(const json& message, const char* field) {
  const auto found = message.find(field);
  return found != message.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What a wait is for, read from `fields` or, if it is a text, by its "type".
json read_fields(const Value& value) {
  if (value.is_text()) return {{"type", value.text()}};
  json fields = read_json(value);
  if (!fields.is_object() || fields.empty()) value.refuse("a type or a table of fields");
  return fields;
}

}  // namespace

std::string to_string(const ProgramEnd& end) {
  return fmt::format("{} {}", end.by_signal ? "signal" : "exit status", end.code);
}

constinit const Member ProgramObject::methods[] = {
    {"send", call_member<ProgramObject, &ProgramObject::send>},
    {"receive", call_member<ProgramObject, &ProgramObject::receive>},
    {"wait", call_member<ProgramObject, &ProgramObject::wait>},
    {"wait_for_exit", call_member<ProgramObject, &ProgramObject::wait_for_exit>},
    {"on", call_member<ProgramObject, &ProgramObject::on>},
    {"signal", call_member<ProgramObject, &ProgramObject::signal>},
    {"close_input", call_member<ProgramObject, &ProgramObject::close_input>},
};
constinit const Member ProgramObject::fields[] = {
    {"running", call_member<ProgramObject, &ProgramObject::running>},
    {"exit_status", call_member<ProgramObject, &ProgramObject::exit_status>},
    {"exit_signal", call_member<ProgramObject, &ProgramObject::exit_signal>},
};
const Class ProgramObject::lua_class = {"program", "a program", methods, fields};

ProgramObject::ProgramObject(lua_State* lua, core::World& world, std::string name)
    : Named(world, std::move(name)), lua_(lua), receiver_(*this) {}

std::string ProgramObject::start(Outside& outside, net::Host& host, const ProgramOptions& options) {
  party_ = host.name();
  auto program = outside.start(host, options, *this);
  if (!program) return program.error();
  program_ = program.value();
  std::string command;
  for (const std::string& word : options.command) {
    command += (command.empty() ? "" : " ") + word;
  }
  world().events().emit(world().now(), id(), "program.started",
                        {{"host", host.label()}, {"command", std::string_view(command)}});
  return {};
}

std::string ProgramObject::shown() const { return fmt::format("program '{}'", label()); }

void ProgramObject::hear_line(std::string_view line) {
  world().events().emit(world().now(), id(), "program.said", {{"line", line}});
  json message = read_message(line);
  if (message.is_discarded()) return;
  for (const Handler& handler : handlers_) {
    if (handler.of_exit) continue;
    Run::of(lua_).call_soon([function = handler.function, message](lua_State* lua) {
      lua_rawgeti(lua, LUA_REGISTRYINDEX, function);
      push_json(lua, message);
    });
  }
  hear_signal(message);
  if (messages_.size() == most_waiting) {
    world().events().emit(world().now(), id(), "program.unheard", {{"line", line}});
    return;
  }
  messages_.push_back(std::move(message));
}

void ProgramObject::hear_signal(const json& message) {
  if (sink_ == nullptr) return;
  const std::string type = text_in(message, "type");
  const auto refuse = [&](std::string_view reason) {
    world().events().emit(world().now(), id(), "signal.refused",
                          {{"what", std::string_view(type)}, {"reason", reason}});
  };
  const auto* const described = std::find_if(description_types.begin(), description_types.end(),
                                             [&](const auto& each) { return each.name == type; });
  if (described != description_types.end()) {
    const auto sdp = message.find("sdp");
    if (sdp == message.end() || !sdp->is_string()) return refuse("it has no text 'sdp'");
    sink_->send(peer::SessionDescription{described->value, sdp->get<std::string>()});
  } else if (type == "candidate") {
    const auto line = message.find("candidate");
    if (line == message.end() || !line->is_string()) return refuse("it has no text 'candidate'");
    agents::TaggedCandidate candidate{line->get<std::string>(), text_in(message, "sdpMid"), {}};
    const auto index = message.find("sdpMLineIndex");
    if (index != message.end() && index->is_number_unsigned()) {
      candidate.index = index->get<std::size_t>();
    }
    sink_->send(std::move(candidate));
  }
}

void ProgramObject::hear_end(const ProgramEnd& end) {
  end_ = end;
  const std::string how = to_string(end);
  world().events().emit(world().now(), id(), "program.ended", {{"how", std::string_view(how)}});
  for (const Handler& handler : handlers_) {
    if (!handler.of_exit) continue;
    Run::of(lua_).call_soon([function = handler.function, how](lua_State* lua) {
      lua_rawgeti(lua, LUA_REGISTRYINDEX, function);
      lua_pushstring(lua, how.c_str());
    });
  }
}

void ProgramObject::say(const json& message) {
  const std::string line = message.dump();
  world().events().emit(world().now(), id(), "program.told", {{"line", std::string_view(line)}});
  program_->say(line);
}

void ProgramObject::Receiver::receive_signal(const agents::Signal& signal) {
  if (const auto* const session = std::get_if<peer::SessionDescription>(&signal)) {
    return program_.say({{"type", to_string(session->type)}, {"sdp", session->sdp}});
  }
  if (const auto* const candidate = std::get_if<agents::TaggedCandidate>(&signal)) {
    json message = {{"type", "candidate"}, {"candidate", candidate->line}};
    if (!candidate->mid.empty()) message["sdpMid"] = candidate->mid;
    if (candidate->index) message["sdpMLineIndex"] = *candidate->index;
    return program_.say(message);
  }
  // The parties of net:signalling() send no others.
}

std::deque<json>::iterator ProgramObject::find(const json& wanted) {
  return std::find_if(messages_.begin(), messages_.end(), [&](const json& message) {
    return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& field) {
      const auto found = message.find(field.key());
      return found != message.end() && *found == field.value();
    });
  });
}

int ProgramObject::give(lua_State* lua, std::deque<json>::iterator message) {
  push_json(lua, *message);
  messages_.erase(message);
  return 1;
}

int ProgramObject::send(lua_State* lua) {
  constexpr std::uint64_t instructions_per_message = 100;  // so that endless sending ends
  const Value value(lua, 2, "program:send");
  value.require_table();
  const json message = read_json(value);
  if (!message.is_object()) value.refuse("a table of fields");
  Run::of(lua).sandbox().charge_instructions(lua, instructions_per_message);
  say(message);
  return 0;
}

int ProgramObject::receive(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "program:receive").timeout();
  if (!messages_.empty()) return give(lua, messages_.begin());
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return !messages_.empty() || end_.has_value(); },
      &ProgramObject::finish_receive);
}

int ProgramObject::finish_receive(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<ProgramObject&>(*to_scripted(lua, 1));
  if (!self.messages_.empty()) return self.give(lua, self.messages_.begin());
  lua_pushnil(lua);
  return 1;
}

int ProgramObject::wait(lua_State* lua) {
  const json wanted = read_fields(Value(lua, 2, "program:wait"));
  const Duration timeout = Value(lua, 3, "program:wait").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this, wanted] { return find(wanted) != messages_.end() || end_.has_value(); },
      &ProgramObject::finish_wait);
}

int ProgramObject::finish_wait(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<ProgramObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  const json wanted = read_fields(Value(lua, 2, "program:wait"));
  if (const auto found = self.find(wanted); found != self.messages_.end()) {
    return self.give(lua, found);
  }
  Failure failure;
  failure.expected = fmt::format("a message with {} within {}", wanted.dump(),
                                 natsim::to_string(Value(lua, 3, "program:wait").duration()));
  failure.actual = self.end_ ? fmt::format("it has ended by {}", to_string(*self.end_))
                   : self.messages_.empty()
                       ? "there is none"
                       : fmt::format("the last of {} others is {}", self.messages_.size(),
                                     self.messages_.back().dump());
  failure.message =
      fmt::format("expected {} from the {}; {}", failure.expected, self.shown(), failure.actual);
  run.fail(lua, std::move(failure));
}

int ProgramObject::wait_for_exit(lua_State* lua) {
  const Duration timeout = Value(lua, 2, "program:wait_for_exit").timeout();
  return Run::of(lua).wait().begin(
      lua, timeout, [this] { return end_.has_value(); }, &ProgramObject::finish_wait_for_exit);
}

int ProgramObject::finish_wait_for_exit(lua_State* lua, int /*status*/, lua_KContext /*context*/) {
  auto& self = static_cast<ProgramObject&>(*to_scripted(lua, 1));
  Run& run = Run::of(lua);
  ++run.outcome().expectations;
  if (self.end_) return self.exit_status(lua);
  Failure failure;
  failure.expected = fmt::format(
      "an end within {}", natsim::to_string(Value(lua, 2, "program:wait_for_exit").duration()));
  failure.actual = "it still runs";
  failure.message =
      fmt::format("expected {} of the {}; {}", failure.expected, self.shown(), failure.actual);
  run.fail(lua, std::move(failure));
}

int ProgramObject::on(lua_State* lua) {
  const bool of_exit = Value(lua, 2, "program:on").one_of(handler_kinds);
  if (!lua_isfunction(lua, 3)) {
    raise(lua, "program:on: expected a function after the event, got {}",
          natsim::script::shown(lua, 3));
  }
  lua_pushvalue(lua, 3);
  handlers_.push_back({of_exit, luaL_ref(lua, LUA_REGISTRYINDEX)});
  return 0;
}

int ProgramObject::signal(lua_State* lua) {
  program_->signal(Value(lua, 2, "program:signal").one_of(signals));
  return 0;
}

int ProgramObject::close_input(lua_State* /*lua*/) {
  program_->close_input();
  return 0;
}

int ProgramObject::running(lua_State* lua) {
  lua_pushboolean(lua, !end_);
  return 1;
}

int ProgramObject::exit_status(lua_State* lua) {
  if (!end_ || end_->by_signal) return 0;
  lua_pushinteger(lua, end_->code);
  return 1;
}

int ProgramObject::exit_signal(lua_State* lua) {
  if (!end_ || !end_->by_signal) return 0;
  lua_pushinteger(lua, end_->code);
  return 1;
}

}  // namespace natsim::script
