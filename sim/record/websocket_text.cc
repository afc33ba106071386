#include "sim/record/websocket_text.h"

#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "stack/signalling/message.h"
#include "stack/signalling/websocket_frame.h"

namespace natsim::record {
namespace {

using signalling::Opcode;

// "GET / HTTP/1.1" of a request to upgrade, "HTTP/1.1 101 Switching Protocols" of an answer.
std::string describe_handshake(std::string_view text) {
  const std::size_t end = text.find("\r\n");
  const bool is_head = text.starts_with("GET ") || text.starts_with("HTTP/1.1 ");
  if (!is_head || end == text.npos) return {};
  const bool upgrades = text.find("\r\nUpgrade: websocket\r\n") != text.npos;
  return fmt::format("{}{}", upgrades ? "WebSocket handshake, " : "", text.substr(0, end));
}

std::string describe_message(const signalling::ServerMessage& message) {
  const auto* const signal = std::get_if<signalling::IncomingSignal>(&message);
  return fmt::format("{}{}{}", type_of(message), signal == nullptr ? "" : " from ",
                     signal == nullptr ? "" : signal->from);
}

std::string describe_message(const signalling::ClientMessage& message) {
  std::string text(type_of(message));
  if (const auto* const join = std::get_if<signalling::Join>(&message)) {
    text += fmt::format(" '{}' as {}", join->room, join->name);
  } else if (const auto* const signal = std::get_if<signalling::OutgoingSignal>(&message)) {
    if (!signal->to.empty()) text += " to " + signal->to;
  }
  return text;
}

// Empty if it is nothing that is known here.
std::string describe_frame(const signalling::FrameHeader& header, const Bytes& payload) {
  const std::string_view text = as_text(payload);
  if (header.opcode == Opcode::close) {
    return payload.size() < 2 ? "close"
                              : fmt::format("close {}{}{}", load_be16(payload.data()),
                                            payload.size() > 2 ? " " : "", text.substr(2));
  }
  if (is_control(header.opcode)) return std::string(to_string(header.opcode));
  if (header.opcode != Opcode::text || !header.fin) return {};
  if (header.mask) {
    const auto message = signalling::parse_client_message(text);
    return message ? describe_message(message.value()) : std::string();
  }
  const auto message = signalling::parse_server_message(text);
  return message ? describe_message(message.value()) : std::string();
}

}  // namespace

std::string describe_websocket(ByteView payload) {
  if (std::string handshake = describe_handshake(as_text(payload)); !handshake.empty()) {
    return handshake;
  }
  std::string text;
  while (!payload.empty()) {
    signalling::FrameError error{};
    const auto header = signalling::parse_frame_header(payload, error);
    if (!header || payload.size() - header->size < header->length) return {};
    const auto length = static_cast<std::size_t>(header->length);
    const ByteView masked = payload.subspan(header->size, length);
    Bytes bytes(masked.begin(), masked.end());
    if (header->mask) signalling::apply_mask(bytes, *header->mask);
    const std::string frame = describe_frame(*header, bytes);
    if (frame.empty()) return {};
    text += fmt::format("{}{}", text.empty() ? "WebSocket " : ", ", frame);
    payload = payload.subspan(header->size + length);
  }
  return text;
}

}  // namespace natsim::record
