#include "stack/base/address.h"

#include <arpa/inet.h>
#include <charconv>

#include <fmt/format.h>

#include "stack/base/bytes.h"

namespace natsim {
namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton wants a terminated string; no address is longer than INET6_ADDRSTRLEN.
  char buffer[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  std::uint8_t bytes[16];
  if (inet_pton(AF_INET, buffer, bytes) == 1) return from_bytes(Family::ipv4, bytes);
  if (inet_pton(AF_INET6, buffer, bytes) == 1) return from_bytes(Family::ipv6, bytes);
  return std::nullopt;
}

bool IpAddress::is_private() const {
  if (!is_v4()) return high_ >> 57 == 0x7e;
  const std::uint32_t a = to_v4();
  return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 22 == 0x191;
}

std::array<std::uint8_t, 16> IpAddress::to_bytes() const {
  std::array<std::uint8_t, 16> bytes;
  store_be64(bytes.data(), high_);
  store_be64(bytes.data() + 8, low_);
  return bytes;
}

IpAddress IpAddress::from_bytes(Family family, const std::uint8_t* bytes) {
  if (family == Family::ipv4) return v4(load_be32(bytes));
  return v6(load_be64(bytes), load_be64(bytes + 8));
}

std::string to_string(const IpAddress& address) {
  if (address.is_v4()) {
    const std::uint32_t a = address.to_v4();
    return fmt::format("{}.{}.{}.{}", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff, a & 0xff);
  }
  char buffer[INET6_ADDRSTRLEN];
  const auto bytes = address.to_bytes();
  return inet_ntop(AF_INET6, bytes.data(), buffer, sizeof buffer);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!address || !port || address->is_v4() == bracketed) return std::nullopt;
  return Endpoint{*address, *port};
}

std::string to_string(const Endpoint& endpoint) {
  return endpoint.address.is_v4()
             ? fmt::format("{}:{}", to_string(endpoint.address), endpoint.port)
             : fmt::format("[{}]:{}", to_string(endpoint.address), endpoint.port);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::uint8_t width = address->is_v4() ? 32 : 128;
  std::uint8_t length = width;
  if (slash != std::string_view::npos) {
    const auto number = parse_number<std::uint8_t>(text.substr(slash + 1));
    if (!number || *number > width) return std::nullopt;
    length = *number;
  }
  const Prefix prefix = of(*address, length);
  if (prefix.network != *address) return std::nullopt;
  return prefix;
}

Prefix Prefix::of(const IpAddress& address, std::uint8_t length) {
  if (address.is_v4()) {
    const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
    return {IpAddress::v4(address.to_v4() & mask), length};
  }
  const auto mask = [](int bits) {
    return bits <= 0 ? 0 : bits >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - bits);
  };
  return {IpAddress::v6(address.high() & mask(length), address.low() & mask(length - 64)), length};
}

std::string to_string(const Prefix& prefix) {
  return fmt::format("{}/{}", to_string(prefix.network), prefix.length);
}

}  // namespace natsim
