// IP addresses, endpoints and prefixes as small values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natsim {

enum class Family : std::uint8_t { ipv4, ipv6 };

// An IPv4 or IPv6 address. IPv4 is kept as its IPv4-mapped IPv6 form (RFC 4291 §2.5.5.2), so all
// addresses are 16 bytes and compare and hash as two integers; a true IPv4-mapped IPv6 address is
// therefore read as the IPv4 address that it stands for. The default is the IPv6 "any", `::`,
// which also means "not set".
class IpAddress {
 public:
  constexpr IpAddress() = default;

  static constexpr IpAddress v4(std::uint32_t host_order) {
    return IpAddress(0, 0x0000'ffff'0000'0000ULL | host_order);
  }
  static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return v4(std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d);
  }
  // `high` and `low` are the two halves of the address as big-endian numbers.
  static constexpr IpAddress v6(std::uint64_t high, std::uint64_t low) {
    return IpAddress(high, low);
  }
  static constexpr IpAddress any_v4() { return v4(0); }
  static constexpr IpAddress any_v6() { return IpAddress(); }

  // Dotted quad or RFC 4291 §2.2 text without zone; nullopt for anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] constexpr bool is_v4() const { return high_ == 0 && low_ >> 32 == 0xffff; }
  [[nodiscard]] constexpr Family family() const { return is_v4() ? Family::ipv4 : Family::ipv6; }
  // True for 0.0.0.0 and `::`.
  [[nodiscard]] constexpr bool is_any() const {
    return high_ == 0 && (low_ == 0 || low_ == 0x0000'ffff'0000'0000ULL);
  }
  // 127.0.0.0/8 and ::1.
  [[nodiscard]] constexpr bool is_loopback() const {
    return is_v4() ? to_v4() >> 24 == 127 : high_ == 0 && low_ == 1;
  }
  // 169.254.0.0/16 and fe80::/10.
  [[nodiscard]] constexpr bool is_link_local() const {
    return is_v4() ? to_v4() >> 16 == 0xa9fe : high_ >> 54 == 0x3fa;
  }
  // 224.0.0.0/4 and ff00::/8.
  [[nodiscard]] constexpr bool is_multicast() const {
    return is_v4() ? to_v4() >> 28 == 0xe : high_ >> 56 == 0xff;
  }
  // RFC 1918 space, RFC 6598 shared space (100.64.0.0/10) and fc00::/7.
  [[nodiscard]] bool is_private() const;

  // The IPv4 address in host order. Precondition: is_v4().
  [[nodiscard]] constexpr std::uint32_t to_v4() const { return static_cast<std::uint32_t>(low_); }
  [[nodiscard]] constexpr std::uint64_t high() const { return high_; }
  [[nodiscard]] constexpr std::uint64_t low() const { return low_; }
  // The 16 bytes on the wire of the IPv6 or IPv4-mapped form.
  [[nodiscard]] std::array<std::uint8_t, 16> to_bytes() const;
  // Precondition: `bytes` points to 4 (IPv4) or 16 (IPv6) readable bytes.
  static IpAddress from_bytes(Family family, const std::uint8_t* bytes);
  // The address `offset` further up. Wraps within the address's family.
  [[nodiscard]] constexpr IpAddress plus(std::uint64_t offset) const {
    if (is_v4()) return v4(static_cast<std::uint32_t>(to_v4() + offset));
    const std::uint64_t low = low_ + offset;
    return {high_ + (low < low_ ? 1 : 0), low};
  }

  constexpr auto operator<=>(const IpAddress&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    return H::combine(std::move(h), a.high_, a.low_);
  }

 private:
  constexpr IpAddress(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}

  std::uint64_t high_ = 0;  // first 8 bytes, host order
  std::uint64_t low_ = 0;   // last 8 bytes, host order
};

// RFC 5952 text for IPv6, dotted quad for IPv4.
std::string to_string(const IpAddress& address);

// A transport address: IP address and port.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:3478" or "[2001:db8::1]:3478".
  static std::optional<Endpoint> parse(std::string_view text);

  [[nodiscard]] constexpr bool is_set() const { return !address.is_any() || port != 0; }
  constexpr auto operator<=>(const Endpoint&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Endpoint& e) {
    return H::combine(std::move(h), e.address, e.port);
  }
};

std::string to_string(const Endpoint& endpoint);

// An address block. The host bits of `network` are zero.
struct Prefix {
  IpAddress network;
  // Bits of the network part in the address's own family: 0..32 or 0..128.
  std::uint8_t length = 0;

  // "10.0.0.0/8"; a bare address is a /32 or /128. Host bits that are set are refused.
  static std::optional<Prefix> parse(std::string_view text);
  // The block of `length` bits that holds `address`.
  static Prefix of(const IpAddress& address, std::uint8_t length);

  [[nodiscard]] constexpr bool contains(const IpAddress& address) const {
    if (network.is_v4()) {
      return address.is_v4() &&
             std::uint64_t{address.to_v4() ^ network.to_v4()} >> (32 - length) == 0;
    }
    if (address.is_v4()) return false;
    const std::uint64_t high = address.high() ^ network.high();
    const std::uint64_t low = address.low() ^ network.low();
    if (length <= 64) return length == 0 || high >> (64 - length) == 0;
    return high == 0 && low >> (128 - length) == 0;
  }
  auto operator<=>(const Prefix&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Prefix& p) {
    return H::combine(std::move(h), p.network, p.length);
  }
};

std::string to_string(const Prefix& prefix);

}  // namespace natsim
