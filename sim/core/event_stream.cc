#include "sim/core/event_stream.h"

#include <algorithm>
#include <utility>

namespace natsim::core {

void EventStream::add_listener(EventListener& listener) {
  listeners_.push_back(&listener);
  if (listener.reads_notes()) ++readers_of_notes_;
}

void EventStream::remove_listener(EventListener& listener) {
  const std::size_t removed = std::erase(listeners_, &listener);
  if (listener.reads_notes()) readers_of_notes_ -= removed;
}

void EventStream::tell_packet(const PacketEvent& event) {
  for (EventListener* listener : listeners_) listener->on_packet(event);
}

void EventStream::emit(const MappingEvent& event) {
  fold(static_cast<std::uint64_t>(event.at.ns));
  fold(std::uint64_t{event.nat} << 16 | static_cast<std::uint64_t>(event.step) << 8 |
       static_cast<std::uint64_t>(event.reason));
  fold(event.mapping);
  fold(event.internal);
  fold(event.external);
  ++count_;
  for (EventListener* listener : listeners_) listener->on_mapping(event);
}

void EventStream::emit(Time at, ObjectId agent, std::string_view kind,
                       std::initializer_list<Field> fields) {
  fold(static_cast<std::uint64_t>(at.ns));
  fold(std::uint64_t{agent});
  fold(kind);
  for (const Field& field : fields) {
    fold(field.name);
    std::visit(
        [this](const auto& value) {
          using Value = std::remove_cvref_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, std::int64_t>) {
            fold(static_cast<std::uint64_t>(value));
          } else if constexpr (std::is_same_v<Value, Duration>) {
            fold(static_cast<std::uint64_t>(value.ns));
          } else {
            fold(value);
          }
        },
        field.value);
  }
  ++count_;
  if (listeners_.empty()) return;
  const AgentEvent event{at, agent, kind, {fields.begin(), fields.size()}};
  for (EventListener* listener : listeners_) listener->on_agent(event);
}

void EventStream::fold(std::string_view text) {
  fold(text.size());
  std::uint64_t word = 0;
  std::size_t filled = 0;
  for (const char c : text) {
    word = word << 8 | static_cast<unsigned char>(c);
    if (++filled % 8 == 0) fold(std::exchange(word, 0));
  }
  if (filled % 8 != 0) fold(word);
}

void EventStream::fold(const Endpoint& endpoint) {
  fold(endpoint.address.high());
  fold(endpoint.address.low());
  fold(std::uint64_t{endpoint.port});
}

}  // namespace natsim::core
