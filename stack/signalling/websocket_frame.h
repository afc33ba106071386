// The frames of WebSocket (RFC 6455 §5).
//
// They are written and read here, not by Boost.Beast's websocket::stream: that draws its masking
// keys and Sec-WebSocket-Key from a generator of the whole process, and keeps its timeouts by
// std::chrono::steady_clock. Beast reads the HTTP of the opening handshake (websocket_handshake.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "stack/base/bytes.h"

namespace natsim::signalling {

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
};
// "text", as RFC 6455 §11.8 names it.
std::string_view to_string(Opcode opcode);
constexpr bool is_control(Opcode opcode) { return opcode >= Opcode::close; }

// Status codes of a Close frame (RFC 6455 §7.4.1).
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t no_status = 1005;  // never sent: a Close frame without a code
inline constexpr std::uint16_t abnormal = 1006;   // never sent: there was no Close frame
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t message_too_big = 1009;
}  // namespace close_code

using MaskingKey = std::array<std::uint8_t, 4>;

// What stands before a frame's payload.
struct FrameHeader {
  bool fin = true;  // the last frame of its message
  Opcode opcode = Opcode::text;
  std::optional<MaskingKey> mask;
  std::uint64_t length = 0;  // of the payload
  std::size_t size = 0;      // of the header itself, the masking key included
};

// Why bytes are no frame that may be sent here.
enum class FrameError : std::uint8_t {
  none,                // they are, as far as they have come
  reserved_bits,       // RSV1 to RSV3 without an extension (§5.2)
  unknown_opcode,      // 3 to 7, or 11 to 15
  fragmented_control,  // a control frame without FIN (§5.5)
  long_control,        // one of more than 125 bytes (§5.5)
  long_form,           // the length is not in its shortest form (§5.2)
  length_range,        // the length's highest bit is set (§5.2)
  unmasked,            // from a client (§5.1)
  masked,              // from a server (§5.1)
  too_long,            // longer than the reader takes
};
// One clause for people.
std::string_view to_string(FrameError error);

// The header at the front of `bytes`; nullopt if it is not all there, or `error` says why not.
std::optional<FrameHeader> parse_frame_header(ByteView bytes, FrameError& error);

// XORs the payload with the key (§5.3).
void apply_mask(std::span<std::uint8_t> payload, const MaskingKey& mask);

// Appends a whole frame. Precondition: a control frame has at most 125 bytes and FIN.
void write_frame(Bytes& out, Opcode opcode, ByteView payload, const std::optional<MaskingKey>& mask,
                 bool fin = true);

struct Frame {
  Opcode opcode;
  bool fin;
  Bytes payload;  // without the mask

  bool operator==(const Frame&) const = default;
};

// Whose frames are read.
enum class FrameSender : std::uint8_t { client, server };

// Cuts a stream into frames. After an error it reads no more.
class FrameReader {
 public:
  // Frames with more than `longest` bytes of payload are refused before they have come.
  FrameReader(FrameSender sender, std::size_t longest) : sender_(sender), longest_(longest) {}

  void feed(ByteView bytes);
  // The next frame that is all there.
  std::optional<Frame> next();
  [[nodiscard]] FrameError error() const { return error_; }

 private:
  FrameSender sender_;
  std::size_t longest_;
  Bytes bytes_;            // that have come
  std::size_t taken_ = 0;  // of them
  FrameError error_ = FrameError::none;
};

}  // namespace natsim::signalling
