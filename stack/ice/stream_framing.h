// Where the messages of a TCP candidate's connection begin and end: the framing of RFC 4571, which
// RFC 6544 §10 carries STUN and media by.
#pragma once

#include <cstddef>
#include <optional>

#include "stack/base/bytes.h"

namespace natsim::ice {

// The largest message that a frame has room for.
inline constexpr std::size_t max_framed = 65'535;

// A message with its length of two bytes in front. Precondition: at most max_framed bytes.
Bytes frame(ByteView message);

// Cuts a byte stream into the messages in its frames. Contract: after `receive` the host polls
// until there is no message left. Any stream is one of frames; an empty one holds an empty message,
// which is passed over.
class StreamFraming {
 public:
  // Bytes in the order of the stream, cut anyhow.
  void receive(ByteView bytes);
  // The next whole message.
  std::optional<Bytes> poll_message();
  // Bytes of a frame whose rest is still to come.
  [[nodiscard]] std::size_t held() const { return buffer_.size() - taken_; }

 private:
  Bytes buffer_;           // from the last `receive` on, and what was left before it
  std::size_t taken_ = 0;  // of buffer_: given out already
};

}  // namespace natsim::ice
