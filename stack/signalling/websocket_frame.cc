#include "stack/signalling/websocket_frame.h"

namespace natsim::signalling {
namespace {

constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t reserved_bits = 0x70;
constexpr std::uint8_t opcode_bits = 0x0f;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t length_bits = 0x7f;
constexpr std::uint8_t two_byte_length = 126;
constexpr std::uint8_t eight_byte_length = 127;
constexpr std::size_t longest_control = 125;

bool is_known(std::uint8_t opcode) { return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xa); }

}  // namespace

std::string_view to_string(Opcode opcode) {
  switch (opcode) {
    case Opcode::continuation:
      return "continuation";
    case Opcode::text:
      return "text";
    case Opcode::binary:
      return "binary";
    case Opcode::close:
      return "close";
    case Opcode::ping:
      return "ping";
    case Opcode::pong:
      return "pong";
  }
  return {};
}

std::string_view to_string(FrameError error) {
  constexpr std::string_view names[] = {
      "none",
      "a frame has reserved bits",
      "a frame has an unknown opcode",
      "a control frame is fragmented",
      "a control frame is longer than 125 bytes",
      "a frame's length is not in its shortest form",
      "a frame's length is out of range",
      "a client's frame is not masked",
      "a server's frame is masked",
      "a frame is longer than a message may be",
  };
  return names[static_cast<std::size_t>(error)];
}

std::optional<FrameHeader> parse_frame_header(ByteView bytes, FrameError& error) {
  error = FrameError::none;
  if (bytes.empty()) return std::nullopt;
  const std::uint8_t first = bytes[0];
  const auto fail = [&error](FrameError why) {
    error = why;
    return std::nullopt;
  };
  if ((first & reserved_bits) != 0) return fail(FrameError::reserved_bits);
  const auto opcode = static_cast<std::uint8_t>(first & opcode_bits);
  if (!is_known(opcode)) return fail(FrameError::unknown_opcode);
  FrameHeader header;
  header.fin = (first & fin_bit) != 0;
  header.opcode = static_cast<Opcode>(opcode);
  const bool control = is_control(header.opcode);
  if (control && !header.fin) return fail(FrameError::fragmented_control);
  ByteReader reader(bytes.subspan(1));
  const auto second = reader.u8();
  if (!second) return std::nullopt;
  header.length = static_cast<std::uint64_t>(*second & length_bits);
  if (control && header.length > longest_control) return fail(FrameError::long_control);
  if (header.length == two_byte_length) {
    const auto length = reader.u16();
    if (!length) return std::nullopt;
    if (*length < two_byte_length) return fail(FrameError::long_form);
    header.length = *length;
  } else if (header.length == eight_byte_length) {
    const auto length = reader.u64();
    if (!length) return std::nullopt;
    if (*length >> 63 != 0) return fail(FrameError::length_range);
    if (*length <= 0xffff) return fail(FrameError::long_form);
    header.length = *length;
  }
  if ((*second & mask_bit) != 0) {
    const auto key = reader.take(4);
    if (!key) return std::nullopt;
    header.mask = {(*key)[0], (*key)[1], (*key)[2], (*key)[3]};
  }
  header.size = bytes.size() - reader.remaining();
  return header;
}

void apply_mask(std::span<std::uint8_t> payload, const MaskingKey& mask) {
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::uint8_t>(payload[i] ^ mask[i % mask.size()]);
  }
}

void write_frame(Bytes& out, Opcode opcode, ByteView payload, const std::optional<MaskingKey>& mask,
                 bool fin) {
  ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>((fin ? fin_bit : 0) | static_cast<std::uint8_t>(opcode)));
  const std::uint8_t masked = mask ? mask_bit : 0;
  const std::size_t length = payload.size();
  if (length < two_byte_length) {
    writer.u8(static_cast<std::uint8_t>(masked | length));
  } else if (length <= 0xffff) {
    writer.u8(static_cast<std::uint8_t>(masked | two_byte_length));
    writer.u16(static_cast<std::uint16_t>(length));
  } else {
    writer.u8(static_cast<std::uint8_t>(masked | eight_byte_length));
    writer.u64(length);
  }
  if (mask) writer.bytes(*mask);
  const std::size_t start = out.size();
  writer.bytes(payload);
  if (mask) apply_mask(std::span(out).subspan(start), *mask);
}

void FrameReader::feed(ByteView bytes) {
  if (error_ != FrameError::none) return;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<Frame> FrameReader::next() {
  if (error_ != FrameError::none) return std::nullopt;
  const ByteView rest = ByteView(bytes_).subspan(taken_);
  const auto header = parse_frame_header(rest, error_);
  if (!header) return std::nullopt;
  if (sender_ == FrameSender::client && !header->mask) error_ = FrameError::unmasked;
  if (sender_ == FrameSender::server && header->mask) error_ = FrameError::masked;
  if (header->length > longest_) error_ = FrameError::too_long;
  if (error_ != FrameError::none || rest.size() - header->size < header->length) {
    return std::nullopt;
  }
  const ByteView payload = rest.subspan(header->size, static_cast<std::size_t>(header->length));
  Frame frame{header->opcode, header->fin, Bytes(payload.begin(), payload.end())};
  if (header->mask) apply_mask(frame.payload, *header->mask);
  taken_ += header->size + payload.size();
  // Moved up when at least as many are gone as are left: each byte is moved once on average.
  if (taken_ >= bytes_.size() - taken_) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
  return frame;
}

}  // namespace natsim::signalling
