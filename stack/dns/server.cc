#include "stack/dns/server.h"

#include <array>
#include <utility>

#include "stack/base/embedded_address.h"

namespace natsim::dns {
namespace {

constexpr std::array<IpAddress, 2> well_known = {IpAddress::v4(192, 0, 0, 170),
                                                 IpAddress::v4(192, 0, 0, 171)};

}  // namespace

Server::Server(ServerOptions options) : options_(std::move(options)) {
  if (options_.dns64) {
    options_.hosts.try_emplace(std::string(ipv4_only_name), well_known.begin(), well_known.end());
  }
}

std::optional<Bytes> Server::answer(ByteView datagram) const {
  auto message = decode(datagram);
  if (!message || message->response) return std::nullopt;
  message->response = true;
  message->authoritative = true;
  message->answers.clear();
  const Question& asked = message->question;
  const auto known = options_.hosts.find(asked.name);
  if (known == options_.hosts.end()) {
    message->code = ResponseCode::name_error;
    return encode(*message);
  }
  const auto add = [&](const IpAddress& address) {
    message->answers.push_back({asked.name, options_.ttl, address});
  };
  if (asked.type == RecordType::a || asked.type == RecordType::aaaa) {
    const bool v4 = asked.type == RecordType::a;
    for (const IpAddress& address : known->second) {
      if (address.is_v4() == v4) add(address);
    }
    if (!v4 && message->answers.empty() && options_.dns64) {
      message->authoritative = false;  // nobody's record says so
      for (const IpAddress& address : known->second) add(embed_ipv4(*options_.dns64, address));
    }
  }
  return encode(*message);
}

std::optional<Prefix> discover_prefix(const std::vector<Answer>& answers) {
  constexpr std::array<std::uint8_t, 6> lengths = {96, 64, 56, 48, 40, 32};
  for (const Answer& answer : answers) {
    if (answer.address.is_v4()) continue;
    for (const std::uint8_t length : lengths) {
      const Prefix prefix = Prefix::of(answer.address, length);
      if (!can_embed_ipv4(prefix)) continue;
      for (const IpAddress& address : well_known) {
        if (extract_ipv4(prefix, answer.address) == address) return prefix;
      }
    }
  }
  return std::nullopt;
}

}  // namespace natsim::dns
