// HTTP/1.1 messages (RFC 9112), as much of them as UPnP needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/bytes.h"

namespace natsim::upnp {

struct HttpHeader {
  std::string name;
  std::string value;

  bool operator==(const HttpHeader&) const = default;
};

struct HttpMessage {
  std::string start;  // such as "GET /desc.xml HTTP/1.1" or "HTTP/1.1 200 OK"
  std::vector<HttpHeader> headers;
  std::string body;

  // The value of the first header of that name, which is compared without regard to case.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // Of an answer; 0 if it is none.
  [[nodiscard]] int status() const;

  bool operator==(const HttpMessage&) const = default;
};

// The message with a Content-Length of its own where it has a body.
std::string encode(const HttpMessage& message);

// A start line and headers, as SSDP sends them; what follows is the body. nullopt if there is no
// end of the headers, or a header without a name.
std::optional<HttpMessage> parse_head(std::string_view text);

// Reads one message from a stream. The body has the length that Content-Length says; an answer
// without one ends with its connection. Other encodings, and what is longer than the limits, are
// refused.
class HttpReader {
 public:
  enum class State : std::uint8_t { reading, complete, broken };

  static constexpr std::size_t longest_head = 8192;  // bytes
  static constexpr std::size_t longest_body = 65'536;

  // What comes after the message is left unread.
  State feed(ByteView bytes);
  // The stream has ended.
  State end();
  [[nodiscard]] State state() const { return state_; }
  // Precondition: complete.
  [[nodiscard]] const HttpMessage& message() const { return message_; }

 private:
  State read_head();
  State read_body();

  State state_ = State::reading;
  bool in_body_ = false;
  std::optional<std::size_t> length_;  // of the body; unset: up to the end of the stream
  std::string read_;                   // of the head, then of the body
  HttpMessage message_;
};

}  // namespace natsim::upnp
