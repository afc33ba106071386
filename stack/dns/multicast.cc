#include "stack/dns/multicast.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace natsim::dns {
namespace {

constexpr std::uint32_t one_shot_ttl = 10;  // seconds (RFC 6762 §6.7)
constexpr std::string_view link_domain = ".local";

}  // namespace

Endpoint multicast_group(Family family) {
  const IpAddress address = family == Family::ipv4
                                ? IpAddress::v4(224, 0, 0, 251)
                                : IpAddress::v6(0xff02'0000'0000'0000, 0x0000'0000'0000'00fb);
  return {address, multicast_port};
}

bool is_link_name(std::string_view name) {
  if (normal_name(name) != name || !name.ends_with(link_domain)) return false;
  name.remove_suffix(link_domain.size());
  return !name.empty() && name.find('.') == std::string_view::npos;
}

std::string draw_link_name(Random& random) {
  std::array<std::uint8_t, 16> uuid{};
  random.fill(uuid);
  uuid[6] = static_cast<std::uint8_t>(0x40 | (uuid[6] & 0x0f));  // version 4
  uuid[8] = static_cast<std::uint8_t>(0x80 | (uuid[8] & 0x3f));  // of RFC 9562's variant
  std::string name;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) name += '-';
    name += fmt::format("{:02x}", uuid[i]);
  }
  return name += link_domain;
}

std::optional<Bytes> LinkNames::answer(ByteView query) const {
  auto message = decode(query);
  if (!message || message->response) return std::nullopt;
  const auto known = names_.find(message->question.name);
  if (known == names_.end()) return std::nullopt;
  const RecordType type = known->second.is_v4() ? RecordType::a : RecordType::aaaa;
  if (message->question.type != type) return std::nullopt;
  message->response = true;
  message->authoritative = true;
  message->recursion_desired = false;
  message->answers = {{known->first, one_shot_ttl, known->second}};
  return encode(*message);
}

}  // namespace natsim::dns
