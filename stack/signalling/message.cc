#include "stack/signalling/message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace natsim::signalling {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // writes keys in the order in which they are set

constexpr std::array<std::string_view, 6> kinds = {"offer",    "answer",    "pranswer",
                                                   "rollback", "candidate", "bye"};

std::optional<SignalKind> kind_named(std::string_view type) {
  const auto found = std::find(kinds.begin(), kinds.end(), type);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<SignalKind>(found - kinds.begin());
}

// What a peer wrote may be anything; what is shown of it stays readable.
std::string shortened(const std::string& name) {
  constexpr std::size_t longest = 32;
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return plain && name.size() <= longest ? name : "…";
}

Error unknown_type(const std::string& type) {
  return {fmt::format("unknown type '{}'", shortened(type))};
}

// Takes the keys of an object one by one and keeps the first thing that is wrong.
class Keys {
 public:
  explicit Keys(const Json& object) : object_(object) { known_.emplace_back("type"); }

  std::string text(const char* key) {
    const Json* const value = find(key, &Json::is_string, "a text");
    return value == nullptr ? std::string() : value->get<std::string>();
  }
  std::string text_if_any(const char* key) {
    if (object_.contains(key)) return text(key);
    known_.emplace_back(key);
    return {};
  }
  std::uint64_t number(const char* key) {
    const Json* const value = find(key, &Json::is_number_unsigned, "a whole number, at least 0");
    return value == nullptr ? 0 : value->get<std::uint64_t>();
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> texts;
    const Json* const value = find(key, &Json::is_array, "a list of texts");
    if (value == nullptr) return texts;
    for (const Json& one : *value) {
      if (one.is_string()) {
        texts.push_back(one.get<std::string>());
      } else {
        complain(fmt::format("'{}' is not a list of texts", key));
      }
    }
    return texts;
  }
  // The message, unless something was wrong or there are more keys than were taken.
  template <typename Message>
  Result<Message> finish(Message message) {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        complain(fmt::format("unknown key '{}'", shortened(key)));
      }
    }
    if (!complaint_.empty()) return Error{complaint_};
    return message;
  }

 private:
  const Json* find(const char* key, bool (Json::*is_right)() const noexcept,
                   std::string_view expected) {
    known_.emplace_back(key);
    const auto found = object_.find(key);
    if (found == object_.end()) {
      complain(fmt::format("missing key '{}'", key));
    } else if (!(*found.*is_right)()) {
      complain(fmt::format("'{}' is not {}", key, expected));
    } else {
      return &*found;
    }
    return nullptr;
  }
  void complain(std::string what) {
    if (complaint_.empty()) complaint_ = std::move(what);
  }

  const Json& object_;
  std::vector<std::string_view> known_;  // the keys that were asked for
  std::string complaint_;
};

// The object in a text that has a type; else what is wrong.
Result<Json> parse_object(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"it is not JSON"};
  if (!json.is_object()) return Error{"it is not an object"};
  const auto type = json.find("type");
  if (type == json.end()) return Error{"missing key 'type'"};
  if (!type->is_string()) return Error{"'type' is not a text"};
  return json;
}

// The keys of a message behind its type.
OrderedJson keys_of(const Join& m) { return {{"room", m.room}, {"name", m.name}}; }
OrderedJson keys_of(const Resume& m) { return {{"session", m.session}, {"received", m.received}}; }
OrderedJson keys_of(const OutgoingSignal& m) {
  OrderedJson json = {{"number", m.number}};
  if (!m.to.empty()) json["to"] = m.to;
  json["payload"] = m.payload;
  return json;
}
OrderedJson keys_of(const Joined& m) { return {{"session", m.session}, {"members", m.members}}; }
OrderedJson keys_of(const Resumed& m) { return {{"received", m.received}, {"members", m.members}}; }
OrderedJson keys_of(const Arrived& m) { return {{"number", m.number}, {"name", m.name}}; }
OrderedJson keys_of(const Left& m) {
  return {{"number", m.number}, {"name", m.name}, {"reason", m.reason}};
}
OrderedJson keys_of(const IncomingSignal& m) {
  return {{"number", m.number}, {"from", m.from}, {"payload", m.payload}};
}
OrderedJson keys_of(const Refusal& m) { return {{"reason", m.reason}}; }
OrderedJson keys_of(const Ack& m) { return {{"received", m.received}}; }

template <typename Message>
std::string written(const Message& message) {
  OrderedJson json = {{"type", type_of(message)}};
  json.update(std::visit([](const auto& one) { return keys_of(one); }, message));
  return json.dump();
}

}  // namespace

std::string_view to_string(SignalKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::string_view type_of(const ClientMessage& message) {
  if (const auto* const signal = std::get_if<OutgoingSignal>(&message)) {
    return to_string(signal->kind);
  }
  constexpr std::string_view types[] = {"join", "resume", "", "ack"};
  return types[message.index()];
}

std::string_view type_of(const ServerMessage& message) {
  if (const auto* const signal = std::get_if<IncomingSignal>(&message)) {
    return to_string(signal->kind);
  }
  constexpr std::string_view types[] = {"joined", "resumed", "arrived", "left", "", "error", "ack"};
  return types[message.index()];
}

std::string encode(const ClientMessage& message) { return written(message); }
std::string encode(const ServerMessage& message) { return written(message); }

Result<ClientMessage> parse_client_message(std::string_view text) {
  const Result<Json> object = parse_object(text);
  if (!object) return Error{object.error()};
  const auto type = object.value()["type"].get<std::string>();
  Keys keys(object.value());
  if (type == "join") {
    Join join{keys.text("room"), keys.text("name")};
    return keys.finish<ClientMessage>(std::move(join));
  }
  if (type == "resume") {
    Resume resume{keys.text("session"), keys.number("received")};
    return keys.finish<ClientMessage>(std::move(resume));
  }
  if (type == "ack") return keys.finish<ClientMessage>(Ack{keys.number("received")});
  const auto kind = kind_named(type);
  if (!kind) return unknown_type(type);
  OutgoingSignal signal{*kind, keys.number("number"), keys.text_if_any("to"), keys.text("payload")};
  return keys.finish<ClientMessage>(std::move(signal));
}

Result<ServerMessage> parse_server_message(std::string_view text) {
  const Result<Json> object = parse_object(text);
  if (!object) return Error{object.error()};
  const auto type = object.value()["type"].get<std::string>();
  Keys keys(object.value());
  if (type == "joined") {
    Joined joined{keys.text("session"), keys.texts("members")};
    return keys.finish<ServerMessage>(std::move(joined));
  }
  if (type == "resumed") {
    Resumed resumed{keys.number("received"), keys.texts("members")};
    return keys.finish<ServerMessage>(std::move(resumed));
  }
  if (type == "arrived") {
    Arrived arrived{keys.number("number"), keys.text("name")};
    return keys.finish<ServerMessage>(std::move(arrived));
  }
  if (type == "left") {
    Left left{keys.number("number"), keys.text("name"), keys.text("reason")};
    return keys.finish<ServerMessage>(std::move(left));
  }
  if (type == "error") return keys.finish<ServerMessage>(Refusal{keys.text("reason")});
  if (type == "ack") return keys.finish<ServerMessage>(Ack{keys.number("received")});
  const auto kind = kind_named(type);
  if (!kind) return unknown_type(type);
  IncomingSignal signal{*kind, keys.number("number"), keys.text("from"), keys.text("payload")};
  return keys.finish<ServerMessage>(std::move(signal));
}

}  // namespace natsim::signalling
