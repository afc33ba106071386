// Where the messages of a TURN connection over TCP or TLS begin and end (RFC 8489 §6.2.2, RFC 8656
// §12.5 and §12.6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/base/bytes.h"
#include "stack/turn/channel_data.h"

namespace natsim::turn {

// Cuts a byte stream into STUN messages, whose header says their length, and ChannelData messages,
// which are padded to a multiple of four bytes.
//
// Contract: after `receive` the host polls until there is no message left. Once the stream holds
// what begins neither kind of message it is broken for good: nothing says where the next message
// would begin, and the connection is to be closed.
class StreamFraming {
 public:
  // ChannelData with numbers up to `highest`.
  explicit StreamFraming(std::uint16_t highest = last_channel) : highest_channel_(highest) {}

  // Bytes in the order of the stream, cut anyhow.
  void receive(ByteView bytes);
  // The next whole message, with a ChannelData message's padding.
  std::optional<Bytes> poll_message();
  // What has come behind the last message that was polled: from there on the stream has none (RFC
  // 6062 §5.4).
  Bytes take_rest();
  [[nodiscard]] bool broken() const { return broken_; }
  // Bytes of a message whose rest is still to come.
  [[nodiscard]] std::size_t held() const { return buffer_.size() - taken_; }

 private:
  std::uint16_t highest_channel_;
  Bytes buffer_;           // from the last `receive` on, and what was left before it
  std::size_t taken_ = 0;  // of buffer_: given out already
  bool broken_ = false;
};

}  // namespace natsim::turn
