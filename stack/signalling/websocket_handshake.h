// The opening handshake of WebSocket (RFC 6455 §4), as HTTP/1.1.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "stack/base/bytes.h"
#include "stack/base/random.h"

namespace natsim::signalling {

// A nonce of 16 drawn bytes in base64 (§4.1).
std::string draw_websocket_key(Random& random);
// Sec-WebSocket-Accept for a key (§4.2.2).
std::string websocket_accept(std::string_view key);

// The client's request. `host` is the server's name or address with its port.
std::string upgrade_request(std::string_view host, std::string_view path, std::string_view key);

// One side of the handshake: reads the other's head from a stream. What comes behind it is left.
class Handshake {
 public:
  enum class State : std::uint8_t { reading, done, failed };

  static constexpr std::uint32_t longest_head = 8192;  // bytes

  // For a server that serves `path`.
  static Handshake server(std::string path);
  // For a client that has sent upgrade_request with this key.
  static Handshake client(std::string_view key);
  Handshake(Handshake&&) noexcept;
  Handshake& operator=(Handshake&&) noexcept;
  ~Handshake();

  State feed(ByteView bytes);
  [[nodiscard]] State state() const { return state_; }
  // What a server answers once it is done or has failed; empty of a client.
  [[nodiscard]] const std::string& answer() const { return answer_; }
  // Why it failed, as a clause.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  // What came behind the head. Once done.
  [[nodiscard]] const Bytes& rest() const { return read_; }

 private:
  struct Parser;

  explicit Handshake(std::unique_ptr<Parser> parser);
  State fail(std::string reason);
  State refuse(std::string_view status, std::string_view headers, std::string reason);
  State check_request();
  State check_response();

  std::unique_ptr<Parser> parser_;
  std::string expected_;  // a server's path, or the accept value that a client waits for
  Bytes read_;            // and not parsed
  State state_ = State::reading;
  std::string answer_;
  std::string failure_;
};

}  // namespace natsim::signalling
