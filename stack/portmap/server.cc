#include "stack/portmap/server.h"

#include <algorithm>

namespace natsim::portmap {
namespace {

constexpr Duration error_lifetime = seconds(1800);  // 30 min (RFC 6887 §7.4)

std::uint32_t whole_seconds(Duration duration) {
  return static_cast<std::uint32_t>(duration / seconds(1));
}

PcpResult pcp_result(MapRefusal refusal) {
  switch (refusal) {
    case MapRefusal::port_taken:
      return PcpResult::cannot_provide_external;
    case MapRefusal::quota:
      return PcpResult::user_ex_quota;
    case MapRefusal::no_resources:
      break;
  }
  return PcpResult::no_resources;
}

}  // namespace

Server::Server(const ServerOptions& options, Gateway& gateway, Time now)
    : options_(options), gateway_(gateway), started_(now) {}

void Server::restart(Time now) {
  leases_.clear();
  started_ = now;
}

std::uint32_t Server::epoch(Time now) const { return whole_seconds(now - started_); }

IpAddress Server::told_address(const IpAddress& truth) const {
  const auto& lie = options_.reported_address;
  return lie && lie->family() == truth.family() ? *lie : truth;
}

void Server::refuse(bool pcp, const Endpoint& internal, std::uint16_t code) {
  events_.push_back({.kind = ServerEvent::Kind::refused,
                     .pcp = pcp,
                     .internal = internal,
                     .external = {},
                     .lifetime = {},
                     .code = code});
}

void Server::receive(const Endpoint& local, const Endpoint& remote, ByteView datagram, Time now) {
  handle_timeout(now);
  if (datagram.size() < 2) return;
  const bool nat_pmp = datagram[0] == 0;
  if (options_.pcp && (!nat_pmp || !options_.nat_pmp)) {
    // One that speaks PCP alone answers NAT-PMP with UNSUPP_VERSION (RFC 6887 §9).
    const auto reading = decode_pcp_request(datagram);
    if (!reading) return;
    transmits_.push_back({local, remote, encode(answer_pcp(*reading, remote, now))});
    return;
  }
  if (!options_.nat_pmp) return;
  if (!nat_pmp) {
    // RFC 6886 §3.5: an unknown version.
    transmits_.push_back(
        {local, remote,
         encode(NatPmpResponse{.opcode = static_cast<std::uint8_t>(datagram[1] & 127),
                               .result = NatPmpResult::unsupported_version,
                               .epoch = epoch(now)})});
    return;
  }
  if ((datagram[1] & 128) != 0) return;  // a response
  const auto request = decode_nat_pmp_request(datagram);
  if (request) {
    answer_nat_pmp(*request, remote, now);
    transmits_.back().local = local;
  } else if (datagram[1] > static_cast<std::uint8_t>(NatPmpOpcode::map_tcp)) {
    transmits_.push_back({local, remote,
                          encode(NatPmpResponse{.opcode = datagram[1],
                                                .result = NatPmpResult::unsupported_opcode,
                                                .epoch = epoch(now)})});
  }
}

void Server::answer_nat_pmp(const NatPmpRequest& request, const Endpoint& client, Time now) {
  NatPmpResponse response{.opcode = static_cast<std::uint8_t>(request.opcode),
                          .epoch = epoch(now),
                          .internal_port = request.internal_port};
  const auto send = [&] { transmits_.push_back({{}, client, encode(response)}); };
  if (request.opcode == NatPmpOpcode::external_address) {
    response.external_address = told_address(gateway_.external_address(Family::ipv4));
    if (response.external_address.is_any()) response.result = NatPmpResult::network_failure;
    return send();
  }
  const MapProtocol protocol =
      request.opcode == NatPmpOpcode::map_udp ? MapProtocol::udp : MapProtocol::tcp;
  const Endpoint internal{client.address, request.internal_port};
  const auto fail = [&](NatPmpResult result) {
    response.result = result;
    refuse(false, internal, static_cast<std::uint16_t>(result));
    send();
  };
  const auto own = leases_.find({protocol, internal});
  // What PCP made is not NAT-PMP's to change.
  const bool foreign = own != leases_.end() && own->second.nonce != PcpNonce{};
  if (!options_.allow || foreign || request.internal_port == 0) {
    return fail(NatPmpResult::not_authorized);
  }
  if (request.lifetime == 0) {
    if (own != leases_.end()) {
      gateway_.unmap(protocol, internal);
      leases_.erase(own);
    }
    events_.push_back({ServerEvent::Kind::deleted, false, internal, {}, {}, 0});
    return send();
  }
  const Duration lifetime = std::min(seconds(request.lifetime), options_.max_lifetime);
  const auto made = gateway_.map({.protocol = protocol,
                                  .internal = internal,
                                  .external_port = request.external_port,
                                  .until = now + lifetime});
  if (!std::holds_alternative<Endpoint>(made)) return fail(NatPmpResult::out_of_resources);
  const Endpoint& external = std::get<Endpoint>(made);
  leases_[{protocol, internal}] = {{}, now + lifetime};
  response.external_port = external.port;
  response.lifetime = whole_seconds(lifetime);
  events_.push_back({ServerEvent::Kind::mapped,
                     false,
                     internal,
                     {told_address(external.address), external.port},
                     lifetime,
                     0});
  send();
}

PcpResponse Server::answer_pcp(const PcpReading& reading, const Endpoint& client, Time now) {
  PcpResponse response{.opcode = reading.opcode,
                       .result = reading.result,
                       .epoch = epoch(now),
                       .map = reading.request.map,
                       .peer = reading.request.peer};
  if (response.result == PcpResult::success && reading.request.client != client.address) {
    // A NAT between client and server has changed the source (RFC 6887 §8.2).
    response.result = PcpResult::address_mismatch;
  }
  if (response.result == PcpResult::success && response.map) {
    response.result = response.peer
                          ? keep_pcp(reading.request, client, *response.map, response.lifetime, now)
                          : map_pcp(reading.request, client, *response.map, response.lifetime, now);
  }
  if (response.result != PcpResult::success) {
    response.lifetime = whole_seconds(error_lifetime);
    refuse(true, {client.address, response.map ? response.map->internal_port : std::uint16_t{0}},
           static_cast<std::uint16_t>(response.result));
  }
  return response;
}

PcpResult Server::map_pcp(const PcpRequest& request, const Endpoint& client, PcpMap& map,
                          std::uint32_t& lifetime, Time now) {
  if (!options_.allow) return PcpResult::not_authorized;
  const auto protocol = static_cast<MapProtocol>(map.protocol);
  if (protocol != MapProtocol::udp && protocol != MapProtocol::tcp) {
    return PcpResult::unsupp_protocol;
  }
  if (map.internal_port == 0) return PcpResult::malformed_request;
  const Endpoint internal{client.address, map.internal_port};
  const auto own = leases_.find({protocol, internal});
  if (own != leases_.end() && own->second.nonce != map.nonce) return PcpResult::not_authorized;
  if (request.lifetime == 0) {
    if (own != leases_.end()) {
      gateway_.unmap(protocol, internal);
      leases_.erase(own);
    }
    events_.push_back({ServerEvent::Kind::deleted, true, internal, {}, {}, 0});
    return PcpResult::success;
  }
  const Duration granted =
      std::clamp(seconds(request.lifetime), options_.min_lifetime, options_.max_lifetime);
  if (request.prefer_failure && !map.external.address.is_any() &&
      map.external.address != gateway_.external_address(map.external.address.family())) {
    return PcpResult::cannot_provide_external;
  }
  const auto made = gateway_.map({.protocol = protocol,
                                  .internal = internal,
                                  .external_port = map.external.port,
                                  .exact = request.prefer_failure && map.external.port != 0,
                                  .until = now + granted});
  if (const auto* const refusal = std::get_if<MapRefusal>(&made)) return pcp_result(*refusal);
  const Endpoint& external = std::get<Endpoint>(made);
  leases_[{protocol, internal}] = {map.nonce, now + granted};
  map.external = {told_address(external.address), external.port};
  lifetime = whole_seconds(granted);
  events_.push_back({ServerEvent::Kind::mapped, true, internal, map.external, granted, 0});
  return PcpResult::success;
}

PcpResult Server::keep_pcp(const PcpRequest& request, const Endpoint& client, PcpMap& map,
                           std::uint32_t& lifetime, Time now) {
  if (!options_.allow) return PcpResult::not_authorized;
  const Endpoint& peer = *request.peer;
  if (map.internal_port == 0 || peer.port == 0 || peer.address.is_any() ||
      peer.address.family() != client.address.family()) {
    return PcpResult::malformed_request;
  }
  if (static_cast<MapProtocol>(map.protocol) != MapProtocol::udp) {
    return PcpResult::unsupp_protocol;
  }
  if (request.prefer_failure) return PcpResult::unsupp_option;  // of MAP alone (RFC 6887 §13.2)
  const Endpoint internal{client.address, map.internal_port};
  const auto own = leases_.find({MapProtocol::udp, internal});
  if (own != leases_.end() && own->second.nonce != map.nonce) return PcpResult::not_authorized;
  const Duration wished =
      std::clamp(seconds(request.lifetime), options_.min_lifetime, options_.max_lifetime);
  const auto made = gateway_.keep(internal, peer, now + wished);
  if (const auto* const refusal = std::get_if<MapRefusal>(&made)) return pcp_result(*refusal);
  const KeptMapping& kept = std::get<KeptMapping>(made);
  map.external = {told_address(kept.external.address), kept.external.port};
  lifetime = whole_seconds(kept.until - now);
  events_.push_back(
      {ServerEvent::Kind::kept, true, internal, map.external, kept.until - now, 0, peer});
  return PcpResult::success;
}

void Server::handle_timeout(Time now) {
  std::erase_if(leases_, [now](const auto& lease) { return lease.second.until <= now; });
}

Time Server::next_timeout() const {
  Time next = Time::never();
  for (const auto& [internal, lease] : leases_) next = std::min(next, lease.until);
  return next;
}

std::optional<Transmit> Server::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  Transmit transmit = std::move(transmits_.front());
  transmits_.pop_front();
  return transmit;
}

std::optional<ServerEvent> Server::poll_event() {
  if (events_.empty()) return std::nullopt;
  const ServerEvent event = events_.front();
  events_.pop_front();
  return event;
}

}  // namespace natsim::portmap
