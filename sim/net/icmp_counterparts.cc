#include "sim/net/icmp_counterparts.h"

#include <algorithm>
#include <array>

#include "sim/net/wire.h"

namespace natsim::net {
namespace {

// How much larger a datagram is over IPv6.
constexpr std::uint32_t header_difference = ipv6_header_size - ipv4_header_size;

struct Row {
  std::uint8_t type, code;              // of the message
  std::uint8_t other_type, other_code;  // of its counterpart
};

// Without what needs more than a table: too big, and parameter problems with a pointer.
constexpr std::array<Row, 18> rows_v4 = {{
    {8, 0, 128, 0},  // echo request
    {0, 0, 129, 0},  // echo reply
    {3, 0, 1, 0},    // destination unreachable: no route
    {3, 1, 1, 0},
    {3, 3, 1, 4},  // port unreachable
    {3, 5, 1, 0},
    {3, 6, 1, 0},
    {3, 7, 1, 0},
    {3, 8, 1, 0},
    {3, 9, 1, 1},  // administratively prohibited
    {3, 10, 1, 1},
    {3, 11, 1, 0},
    {3, 12, 1, 0},
    {3, 13, 1, 1},
    {3, 15, 1, 1},
    {11, 0, 3, 0},  // time exceeded
    {11, 1, 3, 1},
    {3, 2, 4, 1},  // protocol unreachable: unrecognized next header; the pointer is set apart
}};
constexpr std::array<Row, 10> rows_v6 = {{
    {128, 0, 8, 0},
    {129, 0, 0, 0},
    {1, 0, 3, 1},
    {1, 1, 3, 10},
    {1, 2, 3, 1},
    {1, 3, 3, 1},
    {1, 4, 3, 3},
    {3, 0, 11, 0},
    {3, 1, 11, 1},
    {4, 1, 3, 2},
}};

template <std::size_t size>
const Row* find(const std::array<Row, size>& rows, const IcmpHead& head) {
  const auto* const row = std::find_if(rows.begin(), rows.end(), [&](const Row& candidate) {
    return candidate.type == head.type && candidate.code == head.code;
  });
  return row == rows.end() ? nullptr : row;
}

// RFC 7915 figure 3: the field of IPv6's header that is IPv4's byte.
std::optional<std::uint32_t> pointer_in_ipv6(std::uint8_t pointer) {
  if (pointer <= 1) return pointer;
  if (pointer <= 3) return 4;  // total length: payload length
  if (pointer == 8) return 7;  // time to live: hop limit
  if (pointer == 9) return 6;  // protocol: next header
  if (pointer < 12) return std::nullopt;
  if (pointer <= 15) return 8;   // source
  if (pointer <= 19) return 24;  // destination
  return std::nullopt;
}

// RFC 7915 figure 6.
std::optional<std::uint32_t> pointer_in_ipv4(std::uint32_t pointer) {
  if (pointer <= 1) return pointer;
  if (pointer == 4 || pointer == 5) return 2;
  if (pointer == 6) return 9;
  if (pointer == 7) return 8;
  if (pointer < 8) return std::nullopt;
  if (pointer <= 23) return 12;
  if (pointer <= 39) return 16;
  return std::nullopt;
}

std::uint32_t mtu_in_ipv6(std::uint16_t told, std::uint16_t quoted_size) {
  constexpr std::array<std::uint16_t, 11> plateaus = {65535, 32000, 17914, 8166, 4352, 2002,
                                                      1492,  1006,  508,   296,  68};
  std::uint32_t mtu = told;
  if (mtu == 0) {
    const auto* const lower = std::find_if(plateaus.begin(), plateaus.end(),
                                           [&](std::uint16_t p) { return p < quoted_size; });
    mtu = lower == plateaus.end() ? plateaus.back() : *lower;
  }
  return std::max(mtu + header_difference, 1280U);
}

}  // namespace

bool quotes(const IcmpHead& head, Family family) {
  return family == Family::ipv4 ? head.type != 0 && head.type != 8 : head.type < 128;
}

std::optional<IcmpHead> in_icmpv6(const IcmpHead& head, std::uint16_t quoted_size) {
  if (head.type == 3 && head.code == 4) {
    return IcmpHead{2, 0, mtu_in_ipv6(static_cast<std::uint16_t>(head.rest), quoted_size)};
  }
  if (head.type == 12 && (head.code == 0 || head.code == 2)) {
    const auto pointer = pointer_in_ipv6(static_cast<std::uint8_t>(head.rest >> 24));
    if (!pointer) return std::nullopt;
    return IcmpHead{4, 0, *pointer};
  }
  const Row* const row = find(rows_v4, head);
  if (row == nullptr) return std::nullopt;
  IcmpHead other{row->other_type, row->other_code, 0};
  if (!quotes(head, Family::ipv4)) other.rest = head.rest;
  if (other.type == 4) other.rest = 6;  // the next header
  return other;
}

std::optional<IcmpHead> in_icmpv4(const IcmpHead& head) {
  if (head.type == 2 && head.code == 0) {
    const std::uint32_t mtu = std::clamp<std::uint32_t>(head.rest, 68 + header_difference, 65535);
    return IcmpHead{3, 4, mtu - header_difference};
  }
  if (head.type == 4 && head.code == 0) {
    const auto pointer = pointer_in_ipv4(head.rest);
    if (!pointer) return std::nullopt;
    return IcmpHead{12, 0, *pointer << 24};
  }
  const Row* const row = find(rows_v6, head);
  if (row == nullptr) return std::nullopt;
  return IcmpHead{row->other_type, row->other_code, quotes(head, Family::ipv6) ? 0 : head.rest};
}

}  // namespace natsim::net
