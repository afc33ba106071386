#include "stack/turn/server.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "stack/turn/channel_data.h"

namespace natsim::turn {
namespace {

using stun::ErrorNumber;
using stun::MessageBuilder;
using stun::Method;

Prefix block(std::string_view text) { return Prefix::parse(text).value(); }

ServerOptions checked(ServerOptions options) {
  const auto require = [](bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(std::string("TURN server: ") + what);
  };
  require(!options.listening.empty(), "no listening endpoint");
  require(!options.realm.empty() && options.realm.size() <= stun::max_text_characters,
          "the realm must have 1 to 127 characters");
  require(options.software.size() <= stun::max_text_characters,
          "the software's name must have at most 127 characters");
  require(options.first_relay_port != 0 && options.first_relay_port <= options.last_relay_port,
          "the relay ports must begin above 0 and not end before they begin");
  require(options.min_lifetime >= seconds(1) && options.min_lifetime <= options.default_lifetime &&
              options.default_lifetime <= options.max_lifetime,
          "1 s <= min_lifetime <= default_lifetime <= max_lifetime must hold");
  require(options.nonce_lifetime > Duration{} && options.permission_lifetime > Duration{} &&
              options.channel_lifetime > Duration{},
          "nonces, permissions and channels must have a lifetime");
  require(options.channel_quarantine >= Duration{} && options.relay_port_hold_off >= Duration{},
          "the channel quarantine and the relay port hold-off must not be negative");
  return options;
}

}  // namespace

std::vector<Prefix> default_denied_peers() {
  return {block("0.0.0.0/8"), block("127.0.0.0/8"), block("169.254.0.0/16"), block("224.0.0.0/4"),
          block("::/128"),    block("::1/128"),     block("fe80::/10"),      block("ff00::/8")};
}

Server::Server(ServerOptions options, Random random)
    : options_(checked(std::move(options))),
      random_(random.split("indications")),
      tickets_(random.split("tickets")),
      credentials_({.realm = options_.realm,
                    .nonce_lifetime = options_.nonce_lifetime,
                    .features = options_.features,
                    .shared_secret = options_.shared_secret},
                   random.split("nonces")),
      relay_ports_(options_.relay_addresses, options_.first_relay_port, options_.last_relay_port,
                   options_.relay_port_hold_off, random.split("relay ports")),
      peer_connections_(random.split("peer connections")) {
  for (const auto& user : options_.users) credentials_.set_user(user.name, user.password);
}

void Server::receive(const Endpoint& local, const Endpoint& remote, ByteView bytes, Time now,
                     Transport transport) {
  handle_timeout(now);
  const FiveTuple tuple{remote, local, transport};
  if (ChannelData::matches(bytes, options_.highest_channel))
    return receive_channel_data(tuple, bytes, now);
  PacketDropped drop{.from = remote, .to = local, .size = bytes.size()};
  const auto message = stun::MessageView::parse(bytes);
  if (!message) {
    events_.emplace_back(drop);
  } else if (message->is_request()) {
    receive_request(*message, tuple, now);
  } else if (message->is_indication()) {
    receive_indication(*message, tuple, bytes.size(), now);
  } else {
    drop.why = DropReason::unexpected_class;
    events_.emplace_back(drop);
  }
}

void Server::receive_request(const stun::MessageView& message, const FiveTuple& tuple, Time now) {
  void (Server::*serve)(const Request&) = nullptr;
  switch (message.method()) {
    case Method::binding:
      return answer_binding(message, tuple);
    case Method::allocate:
      serve = &Server::allocate;
      break;
    case Method::refresh:
      serve = &Server::refresh;
      break;
    case Method::create_permission:
      serve = &Server::create_permission;
      break;
    case Method::channel_bind:
      serve = &Server::channel_bind;
      break;
    case Method::connect:
      if (options_.tcp_relays) serve = &Server::connect;
      break;
    case Method::connection_bind:
      if (options_.tcp_relays) serve = &Server::connection_bind;
      break;
    default:
      break;
  }
  if (serve == nullptr) {
    events_.emplace_back(PacketDropped{.why = DropReason::unknown_method,
                                       .from = tuple.client,
                                       .to = tuple.server,
                                       .size = message.bytes().size()});
    return;
  }
  const auto checked = credentials_.check(message, tuple.client, now);
  if (const auto* number = std::get_if<ErrorNumber>(&checked)) {
    MessageBuilder response = credentials_.reject(message, *number, tuple.client, now);
    if (!options_.software.empty()) response.software(options_.software);
    send(tuple, response.take());
    events_.emplace_back(
        RequestRefused{tuple, message.method(), *number, stun::reason_phrase(*number)});
    return;
  }
  const Request request{message, tuple, std::get<stun::LongTermServer::Authenticated>(checked),
                        now};
  const auto unknown = message.unknown_required(stun::Usage::stun | stun::Usage::turn);
  if (!unknown.empty()) return refuse_unknown(request, unknown);
  (this->*serve)(request);
}

// A TURN server is a STUN server as well (RFC 8656 §3); Binding needs no credentials.
void Server::answer_binding(const stun::MessageView& message, const FiveTuple& tuple) {
  const auto unknown = message.unknown_required(stun::Usage::stun | stun::Usage::turn);
  auto response = unknown.empty()
                      ? MessageBuilder::success_response(message)
                      : MessageBuilder::error_response(message, ErrorNumber::unknown_attribute);
  if (unknown.empty()) {
    response.xor_mapped_address(tuple.client);
  } else {
    response.unknown_attributes(unknown);
    events_.emplace_back(RequestRefused{tuple, message.method(), ErrorNumber::unknown_attribute,
                                        stun::reason_phrase(ErrorNumber::unknown_attribute)});
  }
  if (!options_.software.empty()) response.software(options_.software);
  send(tuple, response.take());
}

void Server::respond(const Request& request, MessageBuilder response) {
  if (!options_.software.empty()) response.software(options_.software);
  request.user.protect(response);
  send(request.tuple, response.take());
}

void Server::send(const FiveTuple& to, Bytes message) {
  transmits_.push_back({to.server, to.client, std::move(message), to.transport});
}

void Server::refuse(const Request& request, ErrorNumber number, std::string_view reason) {
  MessageBuilder response(stun::MessageClass::error_response, request.message.method(),
                          request.message.transaction_id());
  response.error_code(number, reason);
  if (number == ErrorNumber::try_alternate) response.alternate_server(*options_.alternate_server);
  respond(request, std::move(response));
  events_.emplace_back(RequestRefused{request.tuple, request.message.method(), number, reason});
}

void Server::refuse_unknown(const Request& request, std::span<const std::uint16_t> attributes) {
  const auto number = ErrorNumber::unknown_attribute;
  MessageBuilder response = MessageBuilder::error_response(request.message, number);
  response.unknown_attributes(attributes);
  respond(request, std::move(response));
  events_.emplace_back(
      RequestRefused{request.tuple, request.message.method(), number, stun::reason_phrase(number)});
}

void Server::connection_closed(const FiveTuple& tuple, Time now) {
  handle_timeout(now);
  if (const auto bound = peer_connections_.bound_to(tuple)) return end_peer_connection(*bound);
  if (Allocation* allocation = allocations_.find(tuple)) {
    if (allocation->mobility() && allocation->mobility()->next) {
      if (tuple == allocation->tuple()) finish_move(*allocation);
      return;
    }
    end(*allocation, AllocationEnded::Why::connection_closed, now);
  }
}

void Server::handle_timeout(Time now) {
  while (const auto due = peer_connections_.first_due(now)) end_peer_connection(*due);
  while (Allocation* allocation = allocations_.first_due(now)) {
    allocation->lapse(now, events_);
    if (now >= allocation->expires()) {
      end(*allocation, AllocationEnded::Why::expired, now);
      continue;
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const Relayed* relay = allocation->relay_of(family);
      if (relay == nullptr || now < relay->expires) continue;
      end_relay(*allocation, family, AllocationEnded::Why::expired, now);
    }
    allocations_.reschedule(*allocation);
  }
}

void Server::end(Allocation& allocation, AllocationEnded::Why why, Time now) {
  while (allocation.relays().size() > 1) {
    end_relay(allocation, allocation.relay().address.family(), why, now);
  }
  end_relay(allocation, allocation.relay().address.family(), why, now);
}

void Server::end_relay(Allocation& allocation, Family family, AllocationEnded::Why why, Time now) {
  const Endpoint relay = allocation.relay_of(family)->address;
  relay_ports_.release(relay, now);
  for (const ConnectionId id : peer_connections_.of(relay)) end_peer_connection(id);
  events_.emplace_back(AllocationEnded{allocation.tuple(), relay, why});
  events_.emplace_back(CloseRelay{relay, allocation.relays_tcp()});
  if (allocation.relays().size() > 1) {
    allocations_.remove_relay(allocation, family);
  } else {
    allocations_.remove(allocation);
  }
}

std::optional<Transmit> Server::poll_transmit() {
  if (transmits_.empty()) return std::nullopt;
  std::optional<Transmit> next = std::move(transmits_.front());
  transmits_.pop_front();
  return next;
}

std::optional<ServerEvent> Server::poll_event() {
  if (events_.empty()) return std::nullopt;
  std::optional<ServerEvent> next = std::move(events_.front());
  events_.pop_front();
  return next;
}

std::string Server::describe(Time now) const {
  std::string text;
  for (const Allocation* allocation : allocations_.all()) {
    text += turn::describe(*allocation, now);
  }
  return text;
}

}  // namespace natsim::turn
