// How allocations are made (RFC 8656 §7).
#include <algorithm>
#include <array>
#include <utility>

#include "stack/turn/server.h"

namespace natsim::turn {
namespace {

using stun::AttributeType;
using stun::ErrorNumber;
using stun::MessageBuilder;

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;

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
  const bool tcp = *transport == protocol_tcp && options_.tcp_relays;
  if (!tcp && *transport != protocol_udp) {
    return refuse(request, ErrorNumber::unsupported_transport_protocol, "it is not relayed");
  }
  if (tcp &&
      (!is_stream(request.tuple.transport) || message.dont_fragment() ||
       message.has(AttributeType::even_port) || message.has(AttributeType::reservation_token))) {
    return refuse(request, ErrorNumber::bad_request,
                  "TCP is relayed over TCP, without EVEN-PORT, RESERVATION-TOKEN, DONT-FRAGMENT");
  }
  if (message.dont_fragment()) {
    return refuse_unknown(request,
                          std::array{static_cast<std::uint16_t>(AttributeType::dont_fragment)});
  }

  const auto ticket = message.mobility_ticket();
  if (ticket && !options_.mobility) {
    return refuse(request, ErrorNumber::mobility_forbidden, "allocations do not move here");
  }
  if (ticket && !ticket->empty()) {
    return refuse(request, ErrorNumber::bad_request, "a ticket before there is an allocation");
  }

  const Chosen chosen = choose_relays(request);
  if (chosen.relays.empty()) return;
  const std::string& username = request.user.username();
  if (options_.user_quota && allocations_.count_of(username) >= *options_.user_quota) {
    return refuse(request, ErrorNumber::allocation_quota_reached, "the user's quota is used up");
  }
  if (options_.alternate_server) {
    return refuse(request, ErrorNumber::try_alternate, "another server serves this one's clients");
  }

  const Duration lifetime = grant(message.lifetime());
  const Endpoint& first = chosen.relays.front();
  const Time expires = request.now + lifetime;
  Allocation& allocation =
      allocations_.create(request.tuple, first, username, message.transaction_id(), expires);
  if (chosen.spent) {
    relay_ports_.take_reserved(*chosen.spent);
  } else {
    for (const Endpoint& relay : chosen.relays) relay_ports_.take(relay);
  }
  if (chosen.reserves) allocation.set_reservation(relay_ports_.reserve_next(first, request.now));
  if (chosen.missing) allocation.set_missing(*chosen.missing);
  if (ticket) allocations_.set_ticket(allocation, draw_ticket(tickets_));
  if (tcp) allocation.set_relays_tcp();
  for (const Endpoint& relay : chosen.relays) {
    if (relay != first) allocations_.add_relay(allocation, {relay, expires});
    events_.emplace_back(OpenRelay{relay, tcp});
    events_.emplace_back(AllocationCreated{request.tuple, relay, username, lifetime});
  }
  respond_allocated(request, allocation);
}

Server::Chosen Server::choose_relays(const Request& request) {
  const stun::MessageView& message = request.message;
  const auto refused = [&](ErrorNumber number, std::string_view why) {
    refuse(request, number, why);
    return Chosen{};
  };
  const auto token = message.reservation_token();
  const auto even_port = message.even_port();
  const bool asks_family = message.has(AttributeType::requested_address_family);
  const bool dual = message.has(AttributeType::additional_address_family);
  if (!token && message.has(AttributeType::reservation_token)) {
    return refused(ErrorNumber::bad_request, "malformed RESERVATION-TOKEN");
  }
  if (!even_port && message.has(AttributeType::even_port)) {
    return refused(ErrorNumber::bad_request, "malformed EVEN-PORT");
  }
  if (!message.lifetime() && message.has(AttributeType::lifetime)) {
    return refused(ErrorNumber::bad_request, "malformed LIFETIME");
  }
  if (token && (even_port || asks_family || dual)) {
    return refused(ErrorNumber::bad_request, "RESERVATION-TOKEN with EVEN-PORT or a family");
  }
  if (token) {
    const auto relay = relay_ports_.reserved(*token, request.now);
    if (!relay) return refused(ErrorNumber::insufficient_capacity, "no such reservation");
    return {.relays = {*relay}, .spent = token};
  }
  if (asks_family && dual) {
    return refused(ErrorNumber::bad_request,
                   "REQUESTED-ADDRESS-FAMILY with ADDITIONAL-ADDRESS-FAMILY");
  }
  const auto requested = asks_family ? message.requested_address_family() : Family::ipv4;
  if (!dual && (!requested || !relay_ports_.serves(*requested))) {
    return refused(ErrorNumber::address_family_not_supported, "no relay addresses of this family");
  }
  if (dual && even_port == true) {
    return refused(ErrorNumber::bad_request,
                   "ADDITIONAL-ADDRESS-FAMILY with a port to be reserved");
  }
  if (dual && message.additional_address_family() != Family::ipv6) {
    return refused(ErrorNumber::bad_request, "ADDITIONAL-ADDRESS-FAMILY is for IPv6");
  }

  Chosen chosen;
  chosen.reserves = even_port == true;
  const auto parity = !even_port        ? RelayPorts::Parity::any
                      : chosen.reserves ? RelayPorts::Parity::even_and_next_free
                                        : RelayPorts::Parity::even;
  const auto pick = [&](Family family) {
    if (const auto relay = relay_ports_.pick(family, parity, request.now)) {
      chosen.relays.push_back(*relay);
      return;
    }
    chosen.missing = {family, relay_ports_.serves(family)
                                  ? ErrorNumber::insufficient_capacity
                                  : ErrorNumber::address_family_not_supported};
  };
  pick(dual ? Family::ipv4 : *requested);
  if (dual) pick(Family::ipv6);
  if (!chosen.relays.empty()) return chosen;
  // Of a dual allocation the lack that may pass counts.
  if (relay_ports_.serves(Family::ipv4) || relay_ports_.serves(Family::ipv6)) {
    return refused(ErrorNumber::insufficient_capacity, "no such relay port is free");
  }
  return refused(ErrorNumber::address_family_not_supported, "no relay addresses");
}

void Server::respond_allocated(const Request& request, const Allocation& allocation) {
  MessageBuilder response = MessageBuilder::success_response(request.message);
  for (const Relayed& relay : allocation.relays()) response.xor_relayed_address(relay.address);
  response.lifetime(whole_seconds(allocation.expires() - request.now))
      .xor_mapped_address(request.tuple.client);
  if (allocation.reservation()) response.reservation_token(*allocation.reservation());
  if (const auto& missing = allocation.missing()) {
    response.address_error_code(missing->family, missing->why);
  }
  if (const auto& mobility = allocation.mobility()) response.mobility_ticket(mobility->ticket);
  respond(request, std::move(response));
}

Duration Server::grant(std::optional<std::uint32_t> requested) const {
  if (!requested) return options_.default_lifetime;
  return std::clamp(seconds(*requested), options_.min_lifetime, options_.max_lifetime);
}

}  // namespace natsim::turn
