// Packets and keys that the tests of SRTP are made from.
#pragma once

#include <string_view>

#include "stack/base/bytes.h"
#include "stack/srtp/session.h"

namespace natsim::srtp {

inline Bytes from_hex(std::string_view text) {
  Bytes out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high < 0) {
      high = digit;
      continue;
    }
    out.push_back(static_cast<std::uint8_t>(high << 4 | digit));
    high = -1;
  }
  return out;
}

// RFC 3550 §5.1: version 2, payload type 96.
inline Bytes rtp(std::uint16_t sequence, std::uint32_t ssrc = 0xcafe,
                 std::string_view text = "hi") {
  Bytes out;
  ByteWriter writer(out);
  writer.u16(0x8060);
  writer.u16(sequence);
  writer.u32(160u * sequence);
  writer.u32(ssrc);
  writer.bytes(as_bytes(text));
  return out;
}

// An empty receiver report (RFC 3550 §6.4.2).
inline Bytes rtcp(std::uint32_t ssrc = 0xcafe) {
  Bytes out;
  ByteWriter writer(out);
  writer.u32(0x80c90001);
  writer.u32(ssrc);
  return out;
}

inline MasterKeys keys_for(Profile profile) {
  Bytes exported;
  for (std::size_t i = 0; i < exported_length(profile); ++i) {
    exported.push_back(static_cast<std::uint8_t>(i * 7 + 1));
  }
  return *cut_exported(profile, exported);
}

}  // namespace natsim::srtp
