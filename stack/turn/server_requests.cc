// The requests that change allocations (RFC 8656 §8–10 and §12.2).
#include <algorithm>
#include <utility>

#include "stack/turn/channel_data.h"
#include "stack/turn/server.h"

namespace natsim::turn {
namespace {

using stun::AttributeType;
using stun::ErrorNumber;
using stun::MessageBuilder;

}  // namespace

void Server::refresh(const Request& request) {
  Allocation* allocation = allocation_to_refresh(request);
  if (allocation == nullptr) return;
  const stun::MessageView& message = request.message;
  // Without it both addresses of a dual allocation are meant (RFC 8656 §8.1).
  const auto only = message.requested_address_family();
  if (message.has(AttributeType::requested_address_family) &&
      (!only || allocation->relay_of(*only) == nullptr)) {
    return refuse(request, ErrorNumber::peer_address_family_mismatch,
                  "the allocation is of the other address family");
  }
  if (!message.lifetime() && message.has(AttributeType::lifetime)) {
    return refuse(request, ErrorNumber::bad_request, "malformed LIFETIME");
  }
  MessageBuilder response = MessageBuilder::success_response(message);
  const auto why = AllocationEnded::Why::deleted;
  if (message.lifetime() == 0U) {
    if (only && allocation->relays().size() > 1) {
      end_relay(*allocation, *only, why, request.now);
      allocations_.reschedule(*allocation);
    } else {
      end(*allocation, why, request.now);
    }
    response.lifetime(0);
  } else {
    const bool moves =
        message.mobility_ticket() && allocation->mobility()->moved_by != message.transaction_id();
    if (moves) {
      allocations_.begin_move(*allocation, request.tuple, draw_ticket(tickets_),
                              message.transaction_id());
    }
    if (message.mobility_ticket()) response.mobility_ticket(allocation->mobility()->ticket);
    const Duration lifetime = grant(message.lifetime());
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const Relayed* relay = allocation->relay_of(family);
      if (relay == nullptr || (only && *only != family)) continue;
      allocation->set_expires(family, request.now + lifetime);
      events_.emplace_back(AllocationRefreshed{request.tuple, relay->address, lifetime});
    }
    allocations_.reschedule(*allocation);
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
    if (allocation->relay_of(peer.address.family()) == nullptr) {
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
  if (allocation->relays_tcp()) {
    return refuse(request, ErrorNumber::bad_request, "the allocation relays TCP");
  }
  const auto number = request.message.channel_number();
  const auto peer = request.message.xor_peer_address();
  if (!number || !peer || peer->port == 0) {
    return refuse(request, ErrorNumber::bad_request,
                  "no valid CHANNEL-NUMBER and XOR-PEER-ADDRESS");
  }
  if (!is_channel_number(*number, options_.highest_channel)) {
    return refuse(request, ErrorNumber::bad_request, "a channel number out of range");
  }
  const Relayed* relay = allocation->relay_of(peer->address.family());
  if (relay == nullptr) {
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
      ChannelInstalled{request.tuple, relay->address, *peer, *number, expires, stood});
  permit(*allocation, peer->address, request.now);
  allocations_.reschedule(*allocation);
  respond(request, MessageBuilder::success_response(request.message));
}

Allocation* Server::allocation_to_refresh(const Request& request) {
  const auto ticket = request.message.mobility_ticket();
  if (!ticket) return allocation_of(request);
  if (!options_.mobility) {
    refuse(request, ErrorNumber::mobility_forbidden, "allocations do not move here");
    return nullptr;
  }
  Allocation* const there = allocations_.find(request.tuple);
  // Its answer may have been lost: it is given again.
  const bool repeated = there != nullptr && there->mobility() &&
                        there->mobility()->moved_by == request.message.transaction_id();
  if (repeated) return allocation_of(request);
  Allocation* const allocation = allocations_.find_by_ticket(*ticket);
  if (allocation == nullptr) {
    refuse(request, ErrorNumber::allocation_mismatch, "no allocation has this ticket");
    return nullptr;
  }
  if (allocation->username() != request.user.username()) {
    refuse(request, ErrorNumber::wrong_credentials, "the allocation is another user's");
    return nullptr;
  }
  if (there == allocation && !allocation->mobility()->next) {
    refuse(request, ErrorNumber::bad_request, "a ticket without a move");
    return nullptr;
  }
  if (there != nullptr && there != allocation) {
    refuse(request, ErrorNumber::allocation_mismatch, "the 5-tuple has another allocation");
    return nullptr;
  }
  return allocation;
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
  const Endpoint& relay = allocation.relay_of(peer.family())->address;
  events_.emplace_back(PermissionInstalled{allocation.tuple(), relay, peer, expires, stood});
}

}  // namespace natsim::turn
