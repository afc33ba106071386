#include "sim/record/pcapng_block.h"

#include <algorithm>

namespace natsim::record::pcapng {
namespace {

// Block types.
constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t enhanced_packet = 6;
constexpr std::uint32_t decryption_secrets = 10;

// Option codes.
constexpr std::uint16_t opt_end = 0;
constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_userappl = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_tsresol = 9;
constexpr std::uint16_t epb_flags = 2;
constexpr std::uint16_t epb_packetid = 5;

constexpr std::uint32_t tls_key_log = 0x544c534b;  // "TLSK"
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t link_type_raw = 101;
constexpr std::uint8_t nanoseconds_resolution = 9;  // 10^-9 s

void u16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value));
  out.push_back(static_cast<std::uint8_t>(value >> 8));
}

void u32(Bytes& out, std::uint32_t value) {
  u16(out, static_cast<std::uint16_t>(value));
  u16(out, static_cast<std::uint16_t>(value >> 16));
}

void u64(Bytes& out, std::uint64_t value) {
  u32(out, static_cast<std::uint32_t>(value));
  u32(out, static_cast<std::uint32_t>(value >> 32));
}

// The bytes, padded to a multiple of four.
void padded(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
  out.insert(out.end(), (4 - bytes.size() % 4) % 4, 0);
}

void option(Bytes& out, std::uint16_t code, ByteView value) {
  const ByteView kept = value.first(std::min(value.size(), max_text));
  u16(out, code);
  u16(out, static_cast<std::uint16_t>(kept.size()));
  padded(out, kept);
}

// Writes what is the same around every block: its type, and its length before and behind.
class Block {
 public:
  Block(Bytes& out, std::uint32_t type) : out_(out), start_(out.size()) {
    u32(out_, type);
    u32(out_, 0);  // the length, known at the end
  }
  Block(const Block&) = delete;  // one block has one end
  Block& operator=(const Block&) = delete;
  ~Block() {
    option(out_, opt_end, {});
    const auto length = static_cast<std::uint32_t>(out_.size() + 4 - start_);
    for (unsigned i = 0; i < 4; ++i) {
      out_[start_ + 4 + i] = static_cast<std::uint8_t>(length >> (8 * i));
    }
    u32(out_, length);
  }

 private:
  Bytes& out_;
  std::size_t start_;  // where the block begins in out_
};

}  // namespace

void append_section(Bytes& out, std::string_view comment) {
  const Block block(out, section_header);
  u32(out, byte_order_magic);
  u16(out, 1);  // version 1.0
  u16(out, 0);
  u64(out, ~std::uint64_t{0});  // section length: not given
  if (!comment.empty()) option(out, opt_comment, as_bytes(comment));
  option(out, shb_userappl, as_bytes("natsim"));
}

void append_interface(Bytes& out, std::string_view name) {
  const Block block(out, interface_description);
  u16(out, link_type_raw);
  u16(out, 0);  // reserved
  u32(out, 0);  // no snap length
  option(out, if_name, as_bytes(name));
  option(out, if_tsresol, {&nanoseconds_resolution, 1});
}

void append_secrets(Bytes& out, std::string_view line) {
  const Block block(out, decryption_secrets);
  const std::string text = std::string(line) + '\n';
  u32(out, tls_key_log);
  u32(out, static_cast<std::uint32_t>(text.size()));
  padded(out, as_bytes(text));
}

void append_packet(Bytes& out, const PacketBlock& packet) {
  const Block block(out, enhanced_packet);
  const auto time = static_cast<std::uint64_t>(packet.at.ns);
  const auto size = static_cast<std::uint32_t>(packet.datagram.size());
  u32(out, packet.interface);
  u32(out, static_cast<std::uint32_t>(time >> 32));
  u32(out, static_cast<std::uint32_t>(time));
  u32(out, size);  // captured
  u32(out, size);  // as sent
  padded(out, packet.datagram);
  for (const std::string& comment : packet.comments) option(out, opt_comment, as_bytes(comment));
  u16(out, epb_flags);
  u16(out, 4);
  u32(out, static_cast<std::uint32_t>(packet.direction));
  u16(out, epb_packetid);
  u16(out, 8);
  u64(out, packet.packet);
}

}  // namespace natsim::record::pcapng
