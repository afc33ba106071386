#include "sim/net/checksum.h"

namespace natsim::net {
namespace {

// Sums are the same in either byte order but for a final swap (RFC 1071 §2B), so words are added
// as the machine reads them.
std::uint16_t fold(std::uint64_t sum) {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace

std::uint16_t ones_sum(ByteView bytes, std::uint16_t start) {
  // 32-bit words in a 64-bit sum: no carry is lost before 2^32 words.
  std::uint64_t sum = 0;
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; p += 16, left -= 16) {
    std::uint32_t words[4];
    std::memcpy(words, p, 16);
    sum += std::uint64_t{words[0]} + words[1] + words[2] + words[3];
  }
  for (; left >= 2; p += 2, left -= 2) {
    std::uint16_t word;
    std::memcpy(&word, p, 2);
    sum += word;
  }
  if (left == 1) sum += *p;
  return ones_add(__builtin_bswap16(fold(sum)), start);
}

std::uint16_t address_sum(const IpAddress& address) {
  std::uint64_t sum = address.low() & 0xffff'ffff;
  if (!address.is_v4())
    sum += (address.low() >> 32) + (address.high() >> 32) + (address.high() & 0xffff'ffff);
  return fold(sum);
}

std::uint16_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                std::uint8_t protocol, std::uint32_t length) {
  const std::uint16_t addresses = ones_add(address_sum(source), address_sum(destination));
  return ones_add(addresses, fold(std::uint64_t{length} + protocol));
}

}  // namespace natsim::net
