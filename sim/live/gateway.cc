#include "sim/live/gateway.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/net/interface.h"
#include "sim/net/link.h"

namespace natsim::live {
namespace {

// Multicast DNS (RFC 6762 §3) is a LAN's own affair; hosts that are real join it themselves, and
// the simulated LAN has to know.
constexpr std::string_view mdns_groups[] = {"224.0.0.251", "ff02::fb"};

HostSetup setup_of(const net::Host& host, const script::AttachmentOptions& options) {
  HostSetup setup{
      .name = host.name(), .name_servers = options.name_servers, .announced = options.announced};
  bool first = true;
  for (const auto& interface : host.interfaces()) {
    for (std::size_t i = 0; i < interface->addresses().size(); ++i) {
      setup.addresses.push_back({interface->addresses()[i], interface->prefixes()[i].length});
    }
    if (!interface->connected()) continue;
    const std::uint16_t mtu = interface->link().options().mtu;
    setup.mtu = first ? mtu : std::min(setup.mtu, mtu);
    first = false;
  }
  return setup;
}

}  // namespace

Gateway::RealHost::RealHost(Gateway& gateway, net::Host& host, HostNumber number)
    : gateway_(gateway),
      host_(host),
      number_(number),
      socket_(std::move(host.open_raw(*this).value())) {
  for (const std::string_view group : mdns_groups) host.join(*IpAddress::parse(group));
}

void Gateway::RealHost::send(const Bytes& datagram) {
  if (socket_->send(datagram)) return;
  gateway_.world_->events().emit(gateway_.world_->now(), host_.id(), "outside.unreadable",
                                 {{"bytes", static_cast<std::int64_t>(datagram.size())}});
}

void Gateway::RealHost::receive_raw(const net::Packet& packet) {
  gateway_.machine_.write(number_, packet, gateway_.world_->now());
}

Gateway::Gateway(Machine& machine, Recorder* recorder) : machine_(machine), recorder_(recorder) {}

Gateway::~Gateway() = default;

void Gateway::open(net::Network& network) {
  world_ = &network.world();
  name_ = std::make_unique<core::Named>(*world_, "outside");
  arrivals_ = std::make_unique<Arrivals>(*name_, [this](Arrival& arrival) { take(arrival); });
}

void Gateway::close() {
  machine_.stop();
  arrivals_.reset();
  programs_.clear();
  hosts_.clear();
  name_.reset();
  world_ = nullptr;
}

bool Gateway::wait_until(Time due) {
  incoming_.clear();
  const bool goes_on = machine_.wait_until(due, world_->now(), incoming_);
  if (recorder_ != nullptr) recorder_->write(incoming_);
  for (Arrival& arrival : incoming_) arrivals_->push(std::move(arrival));
  return goes_on;
}

void Gateway::take(Arrival& arrival) {
  std::visit([this](const auto& what) { take(what); }, arrival.what);
}

std::optional<Error> Gateway::attach(net::Host& host, const script::AttachmentOptions& options) {
  if (auto error = machine_.open_host(setup_of(host, options))) return error;
  hosts_.push_back(std::make_unique<RealHost>(*this, host, static_cast<HostNumber>(hosts_.size())));
  return std::nullopt;
}

Result<script::Program*> Gateway::start(net::Host& host, const script::ProgramOptions& options,
                                        script::ProgramListener& listener) {
  const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                  [&](const auto& each) { return &each->host() == &host; });
  const auto number = static_cast<HostNumber>(found - hosts_.begin());
  if (auto error = machine_.start(number, options)) return *error;
  programs_.push_back(std::make_unique<RealProgram>(
      machine_, static_cast<ProgramNumber>(programs_.size()), listener));
  return programs_.back().get();
}

}  // namespace natsim::live
