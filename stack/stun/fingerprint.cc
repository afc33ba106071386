#include "stack/stun/fingerprint.h"

#include <array>
#include <cstddef>

namespace natsim::stun {
namespace {

// "Slicing by 8" (Kounavis and Berry, 2005): tables[k][b] is the CRC of byte b followed by k zero
// bytes, so eight bytes are folded in with eight independent look-ups.
constexpr std::size_t slices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, slices>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb8'8320 : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < slices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();
constexpr std::uint32_t fingerprint_mask = 0x5354'554e;  // "STUN"

}  // namespace

std::uint32_t crc32(std::uint32_t crc, ByteView bytes) {
  crc = ~crc;
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= slices; left -= slices, p += slices) {
    const std::uint32_t low = crc ^ __builtin_bswap32(load_be32(p));
    const std::uint32_t high = __builtin_bswap32(load_be32(p + 4));
    crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
          tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
          tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
  }
  for (; left > 0; --left, ++p) crc = crc >> 8 ^ tables[0][(crc ^ *p) & 0xff];
  return ~crc;
}

std::uint32_t crc32(ByteView bytes) { return crc32(0, bytes); }

std::uint32_t fingerprint_value(ByteView before) { return crc32(before) ^ fingerprint_mask; }

}  // namespace natsim::stun
