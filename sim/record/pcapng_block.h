// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/core/event.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace natsim::record::pcapng {

// Texts longer than an option can hold are cut to this many bytes.
inline constexpr std::size_t max_text = 65535;

// The two low bits of epb_flags, as seen from the tap.
enum class Direction : std::uint8_t { inbound = 1, outbound = 2 };

// Section Header Block; `comment` is left out if empty.
void append_section(Bytes& out, std::string_view comment);

// Interface Description Block: raw IP datagrams (LINKTYPE_RAW, 101), nanoseconds, no snap length.
void append_interface(Bytes& out, std::string_view name);

// Decryption Secrets Block with a line of a TLS key log. It is good for the packets behind it.
void append_secrets(Bytes& out, std::string_view line);

// Enhanced Packet Block.
struct PacketBlock {
  std::uint32_t interface = 0;  // number in the section, in order of description, from 0
  Time at;                      // not negative
  Direction direction = Direction::outbound;
  core::PacketId packet = 0;
  ByteView datagram;
  std::span<const std::string> comments;
};
void append_packet(Bytes& out, const PacketBlock& block);

}  // namespace natsim::record::pcapng
