#include "stack/signalling/websocket.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "stack/signalling/take_front.h"
#include "stack/stun/utf8.h"

namespace natsim::signalling {
namespace {

bool is_utf8(std::string_view text) { return stun::utf8_length(text).has_value(); }

// Which codes a Close frame may carry (RFC 6455 §7.4.1, §7.4.2, and the IANA's registry).
bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

WebSocket WebSocket::client(const WebSocketOptions& options, std::string_view host, Random random,
                            Time now) {
  const std::string key = draw_websocket_key(random);
  WebSocket socket(options, FrameSender::server, Handshake::client(key), random, now);
  const std::string request = upgrade_request(host, options.path, key);
  socket.out_.assign(request.begin(), request.end());
  return socket;
}

WebSocket WebSocket::server(const WebSocketOptions& options, Time now) {
  // A server draws nothing: its frames have no mask.
  return {options, FrameSender::client, Handshake::server(options.path), Random(0), now};
}

WebSocket::WebSocket(const WebSocketOptions& options, FrameSender peer, Handshake handshake,
                     Random random, Time now)
    : options_(options),
      is_client_(peer == FrameSender::server),
      handshake_(std::move(handshake)),
      reader_(peer, options.longest_message),
      random_(random),
      heard_(now),
      deadline_(now + options.opening_timeout) {}

void WebSocket::receive(ByteView bytes, Time now) {
  if (state_ == State::closed || bytes.empty()) return;
  heard_ = now;
  ping_pending_ = false;
  if (state_ != State::opening) {
    reader_.feed(bytes);
    return read_frames(now);
  }
  const Handshake::State read = handshake_.feed(bytes);
  if (read == Handshake::State::reading) return;
  const std::string& answer = handshake_.answer();
  out_.insert(out_.end(), answer.begin(), answer.end());
  if (read == Handshake::State::failed) {
    return finish(close_code::abnormal, "handshake refused: " + handshake_.failure(), false);
  }
  state_ = State::open;
  events_.emplace_back(SocketOpened{});
  reader_.feed(handshake_.rest());
  read_frames(now);
}

void WebSocket::read_frames(Time now) {
  while (state_ == State::open || state_ == State::closing) {
    auto frame = reader_.next();
    if (!frame) break;
    take(std::move(*frame), now);
  }
  if (state_ != State::open && state_ != State::closing) return;
  const FrameError error = reader_.error();
  if (error == FrameError::none) return;
  fail(error == FrameError::too_long ? close_code::message_too_big : close_code::protocol_error,
       to_string(error));
}

void WebSocket::take(Frame frame, Time now) {
  switch (frame.opcode) {
    case Opcode::close:
      return take_close(frame);
    case Opcode::ping:
      if (state_ == State::open) write(Opcode::pong, frame.payload);
      return;
    case Opcode::pong:
      return;  // whatever comes shows that the peer is there
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
      return take_data(std::move(frame), now);
  }
}

void WebSocket::take_data(Frame frame, Time /*now*/) {
  if (state_ == State::closing) return;  // what comes between the two Close frames
  if (frame.opcode == Opcode::binary) {
    return fail(close_code::unsupported_data, "a message is binary");
  }
  if ((frame.opcode == Opcode::continuation) != in_message_) {
    return fail(close_code::protocol_error, in_message_ ? "a message begins within another"
                                                        : "a continuation continues no message");
  }
  if (message_.size() + frame.payload.size() > options_.longest_message) {
    return fail(close_code::message_too_big, "a message is too long");
  }
  message_ += as_text(frame.payload);
  in_message_ = !frame.fin;
  if (in_message_) return;
  if (!is_utf8(message_)) return fail(close_code::invalid_payload, "a message is not UTF-8");
  events_.emplace_back(SocketReceived{std::exchange(message_, {})});
}

void WebSocket::take_close(const Frame& frame) {
  std::uint16_t code = close_code::no_status;
  std::string_view reason;
  if (!frame.payload.empty()) {
    if (frame.payload.size() == 1) return fail(close_code::protocol_error, "half a status code");
    code = load_be16(frame.payload.data());
    reason = as_text(ByteView(frame.payload).subspan(2));
    if (!may_be_sent(code)) return fail(close_code::protocol_error, "no such status code");
    if (!is_utf8(reason)) return fail(close_code::invalid_payload, "a reason is not UTF-8");
  }
  if (state_ == State::closing) return finish(close_code_, std::move(close_reason_), false);
  write(Opcode::close, ByteView(frame.payload).first(frame.payload.empty() ? 0 : 2));
  finish(code, std::string(reason), true);
}

void WebSocket::end(std::string_view why) {
  if (state_ == State::closed) return;
  if (state_ == State::closing) return finish(close_code_, std::move(close_reason_), false);
  finish(close_code::abnormal, std::string(why), false);
}

void WebSocket::handle_timeout(Time now) {
  if (now < next_timeout()) return;
  switch (state_) {
    case State::opening:
      return finish(close_code::abnormal,
                    fmt::format("no handshake within {}", to_string(options_.opening_timeout)),
                    false);
    case State::open:
      if (ping_pending_) {
        return finish(close_code::abnormal,
                      fmt::format("no Pong within {}", to_string(options_.pong_timeout)), false);
      }
      write(Opcode::ping, {});
      ping_pending_ = true;
      deadline_ = now + options_.pong_timeout;
      return;
    case State::closing:
      return finish(close_code_, std::move(close_reason_), false);
    case State::closed:
      return;
  }
}

Time WebSocket::next_timeout() const {
  if (state_ == State::closed) return Time::never();
  if (state_ == State::open && !ping_pending_) return heard_ + options_.ping_interval;
  return deadline_;
}

void WebSocket::send(std::string_view text) {
  if (state_ == State::open) write(Opcode::text, as_bytes(text));
}

void WebSocket::close(std::uint16_t code, std::string_view reason, Time now) {
  if (state_ == State::opening) return finish(code, std::string(reason), false);
  if (state_ != State::open) return;
  Bytes payload;
  ByteWriter writer(payload);
  writer.u16(code);
  writer.bytes(as_bytes(reason));
  write(Opcode::close, payload);
  state_ = State::closing;
  close_code_ = code;
  close_reason_ = reason;
  deadline_ = now + options_.closing_timeout;
}

void WebSocket::fail(std::uint16_t code, std::string_view reason) {
  if (state_ == State::open) {
    Bytes payload;
    ByteWriter writer(payload);
    writer.u16(code);
    writer.bytes(as_bytes(reason));
    write(Opcode::close, payload);
  }
  finish(code, std::string(reason), false);
}

void WebSocket::finish(std::uint16_t code, std::string reason, bool by_peer) {
  state_ = State::closed;
  events_.emplace_back(SocketClosed{code, std::move(reason), by_peer});
}

void WebSocket::write(Opcode opcode, ByteView payload) {
  std::optional<MaskingKey> mask;
  if (is_client_) random_.fill(mask.emplace());
  write_frame(out_, opcode, payload, mask);
}

Bytes WebSocket::poll_bytes() { return std::exchange(out_, {}); }

std::optional<SocketEvent> WebSocket::poll_event() { return take_front(events_); }

}  // namespace natsim::signalling
