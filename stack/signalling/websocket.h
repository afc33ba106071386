// One side of a WebSocket connection (RFC 6455), on a stream that somebody else carries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/signalling/websocket_frame.h"
#include "stack/signalling/websocket_handshake.h"

namespace natsim::signalling {

struct WebSocketOptions {
  std::string path = "/";
  // When nothing was heard for so long, a Ping is sent; when nothing is heard for so long after
  // that, the connection is given up. Both positive.
  Duration ping_interval = seconds(15);
  Duration pong_timeout = seconds(10);
  Duration opening_timeout = seconds(10);  // of the handshake; positive
  Duration closing_timeout = seconds(5);   // how long the peer's Close is waited for; positive
  std::size_t longest_message = 65'536;    // bytes; what is longer is refused
};

// The handshake is over; messages may be sent.
struct SocketOpened {};
struct SocketReceived {
  std::string text;  // UTF-8
};
// The end. The stream is to be closed once all bytes are sent.
struct SocketClosed {
  std::uint16_t
      code;  // the Close frame's, the peer's own if it sent one; else close_code::abnormal
  std::string reason;  // a clause for people; of a Close frame what it says, which may be nothing
  bool by_peer;        // it was the peer who closed in order
};
using SocketEvent = std::variant<SocketOpened, SocketReceived, SocketClosed>;

// A machine in the manner of stack/base/machine.h on a stream of bytes, which is there already.
//
// Contract:
// 1. A client sends its request at once. `host` is what its Host header says.
// 2. SocketOpened comes before all SocketReceived, SocketClosed once and last.
// 3. Fragments are put together; a message is text in UTF-8, others end the connection with the
//    code that RFC 6455 §7.4.1 has for that.
// 4. Pings are answered, and sent as the options say: a peer or path that has gone is noticed.
// 5. Masking keys and the handshake's nonce are drawn from `random`.
// No extensions and no subprotocols are asked for or granted.
class WebSocket {
 public:
  static WebSocket client(const WebSocketOptions& options, std::string_view host, Random random,
                          Time now);
  static WebSocket server(const WebSocketOptions& options, Time now);

  void receive(ByteView bytes, Time now);
  // The stream has ended.
  void end(std::string_view why);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;

  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  // Nothing unless it is open. Precondition: the text is UTF-8.
  void send(std::string_view text);
  // Sends a Close frame and waits for the peer's; during the handshake it ends at once.
  void close(std::uint16_t code, std::string_view reason, Time now);

  // The bytes to be sent; none if empty.
  Bytes poll_bytes();
  std::optional<SocketEvent> poll_event();

 private:
  enum class State : std::uint8_t { opening, open, closing, closed };

  WebSocket(const WebSocketOptions& options, FrameSender peer, Handshake handshake, Random random,
            Time now);
  void read_frames(Time now);
  void take(Frame frame, Time now);
  void take_data(Frame frame, Time now);
  void take_close(const Frame& frame);
  void write(Opcode opcode, ByteView payload);
  // Tells the peer what it did wrong, and ends.
  void fail(std::uint16_t code, std::string_view reason);
  void finish(std::uint16_t code, std::string reason, bool by_peer);

  WebSocketOptions options_;
  bool is_client_;
  Handshake handshake_;
  FrameReader reader_;
  Random random_;
  State state_ = State::opening;
  Time heard_;                 // when bytes came last
  Time deadline_;              // of the handshake, the Pong or the Close that is waited for
  bool ping_pending_ = false;  // nothing was heard since a Ping
  bool in_message_ = false;    // fragments of one have come
  std::string message_;        // of those
  std::uint16_t close_code_ = 0;
  std::string close_reason_;  // that we closed with
  Bytes out_;
  std::deque<SocketEvent> events_;
};

}  // namespace natsim::signalling
