#include "stack/upnp/gateway_device.h"

#include <algorithm>

#include <fmt/format.h>

#include "stack/base/words.h"
#include "stack/upnp/description.h"

namespace natsim::upnp {
namespace {

constexpr std::string_view description_path = "/rootDesc.xml";
constexpr std::string_view control_path = "/ctl/IPConn";

std::optional<portmap::MapProtocol> protocol_of(std::optional<std::string_view> text) {
  if (text == "UDP") return portmap::MapProtocol::udp;
  if (text == "TCP") return portmap::MapProtocol::tcp;
  return std::nullopt;
}

std::optional<std::uint16_t> port_of(std::optional<std::string_view> text) {
  return parse_number<std::uint16_t>(text.value_or(""), 0, 65'535);
}

HttpMessage plain(std::string_view status) {
  return {.start = fmt::format("HTTP/1.1 {}", status),
          .headers = {{"Content-Length", "0"}, {"Connection", "close"}},
          .body = {}};
}

}  // namespace

GatewayDevice::GatewayDevice(const DeviceOptions& options, const IpAddress& address,
                             portmap::Gateway& gateway, const Random& random)
    : options_(options), address_(address), gateway_(gateway), random_(random) {}

void GatewayDevice::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram,
                            Time now) {
  const auto search = parse_search(datagram);
  if (!search) return;
  const bool first = search->target == gateway_type_1;
  const bool second = search->target == gateway_type_2 && options_.version >= 2;
  if (!first && !second) return;
  const SearchAnswer answer{
      .target = search->target,
      .name = fmt::format("uuid:natsim-InternetGatewayDevice::{}", search->target),
      .location =
          fmt::format("http://{}{}", to_string(Endpoint{address_, http_port}), description_path)};
  const auto most = static_cast<std::uint64_t>(seconds(search->max_wait).ns);
  const Duration wait{static_cast<std::int64_t>(random_.below(most))};
  waiting_.emplace(now + wait, Transmit{local, remote, encode(answer)});
}

HttpMessage GatewayDevice::answer(const IpAddress& client, const HttpMessage& request, Time now) {
  handle_timeout(now);
  if (request.start.starts_with(fmt::format("GET {} ", description_path))) {
    return {.start = "HTTP/1.1 200 OK",
            .headers = {{"Content-Type", "text/xml; charset=\"utf-8\""}, {"Connection", "close"}},
            .body = make_description(options_.version, control_path)};
  }
  if (!request.start.starts_with(fmt::format("POST {} ", control_path))) {
    return plain("404 Not Found");
  }
  const auto action = parse_request(request);
  if (!action) return plain("400 Bad Request");
  return make_answer(*action, act(client, *action, now));
}

Outcome GatewayDevice::act(const IpAddress& client, const Action& action, Time now) {
  const bool first = action.service == connection_service(1);
  const bool second = action.service == connection_service(2) && options_.version >= 2;
  if (!first && !second) return {.error = UpnpError::invalid_action};
  if (action.name == "GetExternalIPAddress") {
    return {.results = {{"NewExternalIPAddress", to_string(external_address())}}};
  }
  if (action.name == "AddPortMapping") return add(client, action.arguments, false, now);
  if (action.name == "AddAnyPortMapping" && second) {
    return add(client, action.arguments, true, now);
  }
  if (action.name == "DeletePortMapping") return remove(client, action.arguments);
  if (action.name == "GetSpecificPortMappingEntry") return tell_entry(action.arguments, now);
  return {.error = UpnpError::invalid_action};
}

Outcome GatewayDevice::add(const IpAddress& client, const Arguments& arguments, bool any,
                           Time now) {
  const auto protocol = protocol_of(find(arguments, "NewProtocol"));
  const auto external_port = port_of(find(arguments, "NewExternalPort"));
  const auto internal_port = port_of(find(arguments, "NewInternalPort"));
  const auto internal_client = IpAddress::parse(find(arguments, "NewInternalClient").value_or(""));
  const auto lease = parse_number<std::uint32_t>(find(arguments, "NewLeaseDuration").value_or("0"),
                                                 0, 0xffff'ffff);
  if (!protocol || !external_port || !internal_port || !internal_client || !lease) {
    return refuse(UpnpError::invalid_arguments, {client, 0});
  }
  const Endpoint internal{*internal_client, *internal_port};
  if (*internal_port == 0) return refuse(UpnpError::invalid_arguments, internal);
  if (!options_.allow || *internal_client != client) {
    return refuse(UpnpError::not_authorized, internal);
  }
  if (!find(arguments, "NewRemoteHost").value_or("").empty()) {
    return refuse(UpnpError::only_any_remote_host, internal);
  }
  if (*external_port == 0) return refuse(UpnpError::wildcard_not_permitted, internal);
  if (options_.permanent_only && *lease != 0) {
    return refuse(UpnpError::only_permanent_leases, internal);
  }
  Duration lifetime = seconds(*lease);
  if (options_.version >= 2 && !options_.permanent_only) {
    lifetime = lifetime == Duration{} ? longest_lease : std::min(lifetime, longest_lease);
  }
  const Time until = lifetime == Duration{} ? Time::never() : now + lifetime;
  portmap::MapWish wish{.protocol = *protocol,
                        .internal = internal,
                        .external_port = *external_port,
                        .exact = true,
                        .until = until};
  auto made = gateway_.map(wish);
  if (any && std::holds_alternative<portmap::MapRefusal>(made)) {
    wish.exact = false;
    made = gateway_.map(wish);
  }
  if (const auto* const refusal = std::get_if<portmap::MapRefusal>(&made)) {
    const bool conflict = *refusal == portmap::MapRefusal::port_taken;
    return refuse(conflict ? UpnpError::conflict : UpnpError::no_port_maps, internal);
  }
  const Endpoint external = std::get<Endpoint>(made);
  entries_[{*protocol, external.port}] = {
      internal, std::string(find(arguments, "NewPortMappingDescription").value_or("")), until};
  events_.push_back({.kind = DeviceEvent::Kind::mapped,
                     .internal = internal,
                     .external = {external_address(), external.port},
                     .lifetime = lifetime});
  if (!any) return {};
  return {.results = {{"NewReservedPort", fmt::format("{}", external.port)}}};
}

Outcome GatewayDevice::remove(const IpAddress& client, const Arguments& arguments) {
  const auto protocol = protocol_of(find(arguments, "NewProtocol"));
  const auto port = port_of(find(arguments, "NewExternalPort"));
  if (!protocol || !port) return refuse(UpnpError::invalid_arguments, {client, 0});
  const auto found = entries_.find({*protocol, *port});
  if (found == entries_.end()) return refuse(UpnpError::no_such_entry, {client, 0});
  const Endpoint internal = found->second.internal;
  if (internal.address != client) return refuse(UpnpError::not_authorized, internal);
  entries_.erase(found);
  gateway_.unmap(*protocol, internal);
  events_.push_back({.kind = DeviceEvent::Kind::deleted, .internal = internal});
  return {};
}

Outcome GatewayDevice::tell_entry(const Arguments& arguments, Time now) const {
  const auto protocol = protocol_of(find(arguments, "NewProtocol"));
  const auto port = port_of(find(arguments, "NewExternalPort"));
  if (!protocol || !port) return {.error = UpnpError::invalid_arguments};
  const auto found = entries_.find({*protocol, *port});
  if (found == entries_.end()) return {.error = UpnpError::no_such_entry};
  const Entry& entry = found->second;
  const std::int64_t left = entry.until.is_never() ? 0 : (entry.until - now) / seconds(1);
  return {.results = {{"NewInternalPort", fmt::format("{}", entry.internal.port)},
                      {"NewInternalClient", to_string(entry.internal.address)},
                      {"NewEnabled", "1"},
                      {"NewPortMappingDescription", entry.description},
                      {"NewLeaseDuration", fmt::format("{}", left)}}};
}

IpAddress GatewayDevice::external_address() const {
  return options_.reported_address.value_or(gateway_.external_address(Family::ipv4));
}

Outcome GatewayDevice::refuse(UpnpError error, const Endpoint& internal) {
  events_.push_back({.kind = DeviceEvent::Kind::refused, .internal = internal, .error = error});
  return {.error = error};
}

void GatewayDevice::handle_timeout(Time now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    transmits_.push_back(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
  std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
}

Time GatewayDevice::next_timeout() const {
  Time next = waiting_.empty() ? Time::never() : waiting_.begin()->first;
  for (const auto& [key, entry] : entries_) next = std::min(next, entry.until);
  return next;
}

std::optional<Transmit> GatewayDevice::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  Transmit next = std::move(transmits_.front());
  transmits_.pop_front();
  return next;
}

std::optional<DeviceEvent> GatewayDevice::poll_event() {
  if (events_.empty()) return std::nullopt;
  const DeviceEvent next = events_.front();
  events_.pop_front();
  return next;
}

void GatewayDevice::restart() {
  entries_.clear();
  waiting_.clear();
}

}  // namespace natsim::upnp
