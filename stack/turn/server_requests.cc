// The requests that change allocations (RFC 8656 §7–10 and §12.2).
#include <algorithm>
#include <array>
#include <utility>

#include "stack/turn/channel_data.h"
#include "stack/turn/server.h"

namespace natsim::turn {
namespace {

using stun::AttributeType;
using stun::ErrorNumber;
using stun::MessageBuilder;

constexpr std::uint8_t protocol_udp = 17;

std::uint32_t whole_seconds(Duration duration) {
  return static_cast<std::uint32_t>(duration / seconds(1));
}

}  // namespace

// The checks are in the order of RFC 8656 §7.2; authentication came before.
void Server::allocate(const Request& request) {
  const stun::MessageView& message = request.message;
  if (const Allocation* standing = allocations_.find(request.tuple)) {
    if (standing->origin() != message.transaction_id()) {
      return refuse(request, ErrorNumber::allocation_mismatch, "the 5-tuple has an allocation");
    }
    return respond_allocated(request, *standing);
  }

  const auto transport = message.requested_transport();
  if (!transport) {
    return refuse(request, ErrorNumber::bad_request, "no valid REQUESTED-TRANSPORT");
  }
  if (*transport != protocol_udp) {
    return refuse(request, ErrorNumber::unsupported_transport_protocol, "only UDP is relayed");
  }
  if (message.dont_fragment()) {
    return refuse_unknown(request,
                          std::array{static_cast<std::uint16_t>(AttributeType::dont_fragment)});
  }

  const auto token = message.reservation_token();
  const auto even_port = message.even_port();
  if (!token && message.has(AttributeType::reservation_token)) {
    return refuse(request, ErrorNumber::bad_request, "malformed RESERVATION-TOKEN");
  }
  if (!even_port && message.has(AttributeType::even_port)) {
    return refuse(request, ErrorNumber::bad_request, "malformed EVEN-PORT");
  }
  if (!message.lifetime() && message.has(AttributeType::lifetime)) {
    return refuse(request, ErrorNumber::bad_request, "malformed LIFETIME");
  }
  const bool asks_family = message.has(AttributeType::requested_address_family);
  if (token && (even_port || asks_family)) {
    return refuse(request, ErrorNumber::bad_request,
                  "RESERVATION-TOKEN with EVEN-PORT or REQUESTED-ADDRESS-FAMILY");
  }

  std::optional<Endpoint> relay;
  if (token) {
    relay = relay_ports_.reserved(*token, request.now);
    if (!relay) {
      return refuse(request, ErrorNumber::insufficient_capacity, "no such reservation");
    }
  } else {
    const auto family = asks_family ? message.requested_address_family() : Family::ipv4;
    if (!family || !relay_ports_.serves(*family)) {
      return refuse(request, ErrorNumber::address_family_not_supported,
                    "no relay addresses of this family");
    }
    const auto parity = !even_port   ? RelayPorts::Parity::any
                        : *even_port ? RelayPorts::Parity::even_and_next_free
                                     : RelayPorts::Parity::even;
    relay = relay_ports_.pick(*family, parity, request.now);
    if (!relay) {
      return refuse(request, ErrorNumber::insufficient_capacity, "no such relay port is free");
    }
  }

  const std::string& username = request.user.username();
  if (options_.user_quota && allocations_.count_of(username) >= *options_.user_quota) {
    return refuse(request, ErrorNumber::allocation_quota_reached, "the user's quota is used up");
  }
  if (options_.alternate_server) {
    return refuse(request, ErrorNumber::try_alternate, "another server serves this one's clients");
  }

  const Duration lifetime = grant(message.lifetime());
  Allocation& allocation = allocations_.create(request.tuple, *relay, username,
                                               message.transaction_id(), request.now + lifetime);
  if (token) {
    relay_ports_.take_reserved(*token);
  } else {
    relay_ports_.take(*relay);
    if (even_port && *even_port) {
      allocation.set_reservation(relay_ports_.reserve_next(*relay, request.now));
    }
  }
  events_.emplace_back(OpenRelay{*relay});
  events_.emplace_back(AllocationCreated{request.tuple, *relay, username, lifetime});
  respond_allocated(request, allocation);
}

void Server::respond_allocated(const Request& request, const Allocation& allocation) {
  MessageBuilder response = MessageBuilder::success_response(request.message);
  response.xor_relayed_address(allocation.relay())
      .lifetime(whole_seconds(allocation.expires() - request.now))
      .xor_mapped_address(request.tuple.client);
  if (allocation.reservation()) response.reservation_token(*allocation.reservation());
  respond(request, std::move(response));
}

void Server::refresh(const Request& request) {
  Allocation* allocation = allocation_of(request);
  if (allocation == nullptr) return;
  const stun::MessageView& message = request.message;
  if (message.has(AttributeType::requested_address_family) &&
      message.requested_address_family() != allocation->relay().address.family()) {
    return refuse(request, ErrorNumber::peer_address_family_mismatch,
                  "the allocation is of the other address family");
  }
  if (!message.lifetime() && message.has(AttributeType::lifetime)) {
    return refuse(request, ErrorNumber::bad_request, "malformed LIFETIME");
  }
  MessageBuilder response = MessageBuilder::success_response(message);
  if (message.lifetime() == 0U) {
    end(*allocation, AllocationEnded::Why::deleted, request.now);
    response.lifetime(0);
  } else {
    const Duration lifetime = grant(message.lifetime());
    allocation->set_expires(request.now + lifetime);
    allocations_.reschedule(*allocation);
    events_.emplace_back(AllocationRefreshed{request.tuple, allocation->relay(), lifetime});
    response.lifetime(whole_seconds(lifetime));
  }
  respond(request, std::move(response));
}

void Server::create_permission(const Request& request) {
  Allocation* allocation = allocation_of(request);
  if (allocation == nullptr) return;
  const auto peers = request.message.xor_peer_addresses();
  if (!peers) return refuse(request, ErrorNumber::bad_request, "no valid XOR-PEER-ADDRESS");
  absl::btree_set<IpAddress> addresses;  // ports are ignored (RFC 8656 §10.2)
  for (const Endpoint& peer : *peers) {
    if (peer.address.family() != allocation->relay().address.family()) {
      return refuse(request, ErrorNumber::peer_address_family_mismatch,
                    "a peer of the other address family");
    }
    if (is_denied(peer.address)) {
      return refuse(request, ErrorNumber::forbidden, "a peer in a denied block");
    }
    addresses.insert(peer.address);
  }
  if (!has_room_for(*allocation, addresses, request.now)) {
    return refuse(request, ErrorNumber::insufficient_capacity, "too many permissions");
  }
  for (const IpAddress& address : addresses) permit(*allocation, address, request.now);
  allocations_.reschedule(*allocation);
  respond(request, MessageBuilder::success_response(request.message));
}

void Server::channel_bind(const Request& request) {
  Allocation* allocation = allocation_of(request);
  if (allocation == nullptr) return;
  const auto number = request.message.channel_number();
  const auto peer = request.message.xor_peer_address();
  if (!number || !peer || peer->port == 0) {
    return refuse(request, ErrorNumber::bad_request,
                  "no valid CHANNEL-NUMBER and XOR-PEER-ADDRESS");
  }
  if (!is_channel_number(*number)) {
    return refuse(request, ErrorNumber::bad_request, "a channel number outside 0x4000-0x4FFF");
  }
  if (peer->address.family() != allocation->relay().address.family()) {
    return refuse(request, ErrorNumber::peer_address_family_mismatch,
                  "a peer of the other address family");
  }
  if (is_denied(*peer)) return refuse(request, ErrorNumber::forbidden, "a denied peer");
  if (!allocation->can_bind(*number, *peer, request.now)) {
    return refuse(request, ErrorNumber::bad_request,
                  "the channel or the peer is, or was until lately, bound to another");
  }
  if (!has_room_for(*allocation, {peer->address}, request.now)) {
    return refuse(request, ErrorNumber::insufficient_capacity, "too many permissions");
  }
  const Time expires = request.now + options_.channel_lifetime;
  const bool stood =
      allocation->bind(*number, *peer, expires, expires + options_.channel_quarantine, request.now);
  events_.emplace_back(
      ChannelInstalled{request.tuple, allocation->relay(), *peer, *number, expires, stood});
  permit(*allocation, peer->address, request.now);
  allocations_.reschedule(*allocation);
  respond(request, MessageBuilder::success_response(request.message));
}

Allocation* Server::allocation_of(const Request& request) {
  Allocation* allocation = allocations_.find(request.tuple);
  if (allocation == nullptr) {
    refuse(request, ErrorNumber::allocation_mismatch, "the 5-tuple has no allocation");
    return nullptr;
  }
  if (allocation->username() != request.user.username()) {
    refuse(request, ErrorNumber::wrong_credentials, "the allocation is another user's");
    return nullptr;
  }
  return allocation;
}

bool Server::has_room_for(const Allocation& allocation, const absl::btree_set<IpAddress>& peers,
                          Time now) const {
  const auto added = std::count_if(peers.begin(), peers.end(), [&](const IpAddress& peer) {
    return !allocation.permits(peer, now);
  });
  return allocation.permissions().size() + static_cast<std::size_t>(added) <=
         options_.max_permissions;
}

void Server::permit(Allocation& allocation, const IpAddress& peer, Time now) {
  const Time expires = now + options_.permission_lifetime;
  const bool stood = allocation.permit(peer, expires, now);
  events_.emplace_back(
      PermissionInstalled{allocation.tuple(), allocation.relay(), peer, expires, stood});
}

Duration Server::grant(std::optional<std::uint32_t> requested) const {
  if (!requested) return options_.default_lifetime;
  return std::clamp(seconds(*requested), options_.min_lifetime, options_.max_lifetime);
}

}  // namespace natsim::turn
