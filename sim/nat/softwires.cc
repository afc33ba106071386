#include "sim/nat/softwires.h"

#include <algorithm>

#include <fmt/format.h>

namespace natsim::nat {
namespace {

constexpr std::size_t max_softwires = 65535;
constexpr std::size_t max_hosts = 254;

}  // namespace

std::optional<IpAddress> Softwires::alias(const Host& host) {
  const auto found = index_.find(host.softwire);
  std::size_t index = subscribers_.size();
  if (found != index_.end()) {
    index = found->second;
  } else {
    if (index == max_softwires) return std::nullopt;
    subscribers_.push_back({host.softwire, {}});
    index_.emplace(host.softwire, static_cast<std::uint32_t>(index));
  }
  auto& hosts = subscribers_[index].hosts;
  const auto known = std::find(hosts.begin(), hosts.end(), host.address);
  const auto number = static_cast<std::uint32_t>(known - hosts.begin());
  if (known == hosts.end()) {
    if (hosts.size() == max_hosts) return std::nullopt;
    hosts.push_back(host.address);
  }
  return IpAddress::v4(static_cast<std::uint32_t>(index + 1) << 8 | (number + 1));
}

std::optional<Softwires::Host> Softwires::find(const IpAddress& alias) const {
  if (!alias.is_v4()) return std::nullopt;
  const std::uint32_t index = alias.to_v4() >> 8;
  const std::uint32_t number = alias.to_v4() & 0xff;
  if (index == 0 || index > subscribers_.size() || number == 0) return std::nullopt;
  const Subscriber& subscriber = subscribers_[index - 1];
  if (number > subscriber.hosts.size()) return std::nullopt;
  return Host{subscriber.softwire, subscriber.hosts[number - 1]};
}

IpAddress Softwires::subscriber(const IpAddress& alias) {
  return IpAddress::v4(alias.to_v4() & 0xffff'ff00);
}

std::string Softwires::text(const IpAddress& inside) const {
  if (const auto host = find(inside)) {
    return fmt::format("{} of {}", to_string(host->address), to_string(host->softwire));
  }
  const std::uint32_t index = inside.is_v4() ? inside.to_v4() >> 8 : 0;
  if (index == 0 || index > subscribers_.size()) return to_string(inside);
  return fmt::format("softwire {}", to_string(subscribers_[index - 1].softwire));
}

std::string Softwires::text(const Endpoint& inside) const {
  const auto host = find(inside.address);
  if (!host) return to_string(inside);
  return fmt::format("{} of {}", to_string(Endpoint{host->address, inside.port}),
                     to_string(host->softwire));
}

void Softwires::clear() {
  subscribers_.clear();
  index_.clear();
}

}  // namespace natsim::nat
