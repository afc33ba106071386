// The client's requests, and what becomes of them.
#include <algorithm>
#include <utility>

#include "stack/turn/client.h"

namespace natsim::turn {
namespace {

using stun::ErrorNumber;
using stun::Method;

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;

// Times that the server keeps, whatever it is asked (RFC 8656 §9 and §12).
constexpr Duration permission_lifetime = seconds(300);
constexpr Duration channel_lifetime = seconds(600);

// A Refresh that was refused but for good is tried again after this, until the allocation expires.
constexpr Duration refresh_retry = seconds(5);

// A CreatePermission for so many IPv6 peers, with long credentials, still fits into a datagram of
// 1280 bytes.
constexpr std::size_t max_peers_per_request = 16;

// New nonces for one request; a server that sends still more is not going to answer it.
constexpr int max_challenges = 8;

// Channel numbers tried for one peer before it is left to Send indications.
constexpr int max_channel_numbers = 3;

// IPv4 is before IPv6.
bool is_before(const Endpoint& a, const Endpoint& b) {
  return a.address.family() == Family::ipv4 && b.address.family() == Family::ipv6;
}

}  // namespace

stun::MessageBuilder Client::compose(Purpose purpose, const std::vector<IpAddress>& peers,
                                     std::uint16_t number, const Endpoint& target) {
  const auto start = [&](Method method) {
    return stun::MessageBuilder(stun::MessageClass::request, method,
                                stun::TransactionId::draw(random_));
  };
  const auto ask_lifetime = [&](stun::MessageBuilder& message) {
    if (!options_.lifetime) return;
    message.lifetime(static_cast<std::uint32_t>(*options_.lifetime / seconds(1)));
  };
  switch (purpose) {
    case Purpose::allocate: {
      auto message = start(Method::allocate);
      message.requested_transport(options_.tcp_relay ? protocol_tcp : protocol_udp);
      if (options_.dual) {
        message.additional_address_family(Family::ipv6);
      } else if (options_.family == Family::ipv6) {
        message.requested_address_family(Family::ipv6);
      }
      if (options_.mobility) message.mobility_ticket({});
      ask_lifetime(message);
      return message;
    }
    case Purpose::move: {
      auto message = start(Method::refresh);
      message.mobility_ticket(ticket_);
      if (released_) message.requested_address_family(relayed_.address.family());
      ask_lifetime(message);
      return message;
    }
    case Purpose::refresh: {
      auto message = start(Method::refresh);
      // Without it an address whose deletion was lost would live on (RFC 8656 §8.1).
      if (released_) message.requested_address_family(relayed_.address.family());
      ask_lifetime(message);
      return message;
    }
    case Purpose::release: {
      auto message = start(Method::refresh);
      message.lifetime(0).requested_address_family(*released_);
      return message;
    }
    case Purpose::close: {
      auto message = start(Method::refresh);
      message.lifetime(0);
      if (moving_to_) message.mobility_ticket(ticket_);
      return message;
    }
    case Purpose::permissions: {
      auto message = start(Method::create_permission);
      for (const IpAddress& peer : peers) message.xor_peer_address({peer, 0});
      return message;
    }
    case Purpose::channel: {
      auto message = start(Method::channel_bind);
      message.channel_number(number).xor_peer_address(channels_[number - first_channel].peer);
      return message;
    }
    case Purpose::connect: {
      auto message = start(Method::connect);
      message.xor_peer_address(target);
      return message;
    }
    case Purpose::keepalive:
      break;
  }
  return start(Method::binding);
}

void Client::request(Purpose purpose, Time now, std::vector<IpAddress> peers, std::uint16_t number,
                     int challenges, const Endpoint& target) {
  stun::MessageBuilder message = compose(purpose, peers, number, target);
  if (!options_.software.empty()) message.software(options_.software);
  if (purpose != Purpose::keepalive) credentials_.protect(message);
  pending_.push_back({purpose, credentials_.generation(), challenges,
                      stun::ClientTransaction({moving_to_.value_or(options_.local), options_.server,
                                               message.take(), options_.transport},
                                              options_.timers, now),
                      std::move(peers), number, target});
  while (auto transmit = pending_.back().transaction.poll_transmit()) {
    transmits_.push_back(std::move(*transmit));
  }
}

void Client::request_what_is_due(Time now) {
  if (moving_to_) return;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    Channel& channel = channels_[i];
    if (!channel.wanted || channel.in_flight || now < channel.refresh_at) continue;
    channel.in_flight = true;
    request(Purpose::channel, now, {}, static_cast<std::uint16_t>(first_channel + i));
    // Its success will refresh the permission as well; only its failure leaves that to us.
    Permission* permission = find_peer(permissions_, channel.peer.address);
    if (permission != nullptr && now < permission->expires) {
      permission->refresh_at = std::max(permission->refresh_at, now + options_.timers.total());
    }
  }
  std::vector<IpAddress> batch;
  for (Permission& permission : permissions_) {
    if (permission.in_flight || permission.refused || now < permission.refresh_at) continue;
    permission.in_flight = true;
    if (permission.alone) {
      request(Purpose::permissions, now, {permission.peer});
      continue;
    }
    batch.push_back(permission.peer);
    if (batch.size() == max_peers_per_request) {
      request(Purpose::permissions, now, std::exchange(batch, {}));
    }
  }
  if (!batch.empty()) request(Purpose::permissions, now, std::move(batch));
}

Inbound Client::receive_response(const stun::MessageView& message, Time now) {
  const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& pending) {
    return pending.transaction.is_answered_by(message);
  });
  if (found == pending_.end()) return {};
  // Binding requests carry no credentials, so neither do their answers.
  const auto verdict = found->purpose == Purpose::keepalive
                           ? stun::LongTermClient::Verdict::accept
                           : credentials_.judge(message, found->generation);
  if (verdict == stun::LongTermClient::Verdict::discard) {
    found->transaction.discard();
    return {Inbound::Kind::control};
  }
  Pending pending = std::move(*found);
  pending_.erase(found);
  if (verdict == stun::LongTermClient::Verdict::accept && message.is_success()) {
    succeed(pending, message, now);
    return {Inbound::Kind::control};
  }
  const auto error = message.error_code();
  const int code = error ? static_cast<int>(error->number) : 0;
  const std::string_view reason = error ? error->reason : std::string_view();
  if (verdict == stun::LongTermClient::Verdict::fail) {
    fail(pending, Failure::bad_credentials, code, reason, now);
  } else if (verdict == stun::LongTermClient::Verdict::accept) {
    if (pending.purpose == Purpose::allocate && state_ == State::allocating) {
      allocate_refused(message, code, reason, now);
    } else {
      fail(pending, Failure::refused, code, reason, now);
    }
  } else if (state_ == State::closing && pending.purpose == Purpose::allocate) {
    finish(Closed{});  // nothing has been allocated yet
  } else if (pending.challenges < max_challenges) {
    request(pending.purpose, now, std::move(pending.peers), pending.number, pending.challenges + 1,
            pending.peer);
  } else {
    fail(pending, Failure::refused, code, reason, now);
  }
  return {Inbound::Kind::control};
}

void Client::succeed(const Pending& pending, const stun::MessageView& message, Time now) {
  // Lifetimes count from when the request was first sent, so that none is ever over at the server
  // before it is over here.
  const Time asked = pending.transaction.started();
  switch (pending.purpose) {
    case Purpose::allocate:
      if (state_ == State::closing) return request(Purpose::close, now);
      return allocation_made(message, asked, now);
    case Purpose::refresh:
      return allocation_refreshed(message, asked, now);
    case Purpose::move:
      return allocation_moved(message, asked, now);
    case Purpose::close:
      return finish(Closed{});
    case Purpose::release:
      return;
    case Purpose::permissions:
      for (const IpAddress& peer : pending.peers) permission_granted(peer, asked, now);
      return;
    case Purpose::channel:
      return channel_bound(pending, now);
    case Purpose::connect:
      if (const auto id = message.connection_id()) {
        events_.emplace_back(PeerConnected{pending.peer, *id});
      } else {
        events_.emplace_back(PeerConnectFailed{pending.peer, Failure::bad_response, 0});
      }
      return;
    case Purpose::keepalive:
      if (const auto mapped = message.xor_mapped_address()) {
        if (!mapped_.is_set()) mapped_ = *mapped;  // the first since we moved
        if (*mapped != mapped_) lose_or_move(Loss::mapped_address_changed, 0, now);
      }
      return;
  }
}

void Client::fail(const Pending& pending, Failure why, int code, std::string_view reason,
                  Time now) {
  const bool no_allocation = code == static_cast<int>(ErrorNumber::allocation_mismatch);
  switch (pending.purpose) {
    case Purpose::allocate:
      if (state_ == State::closing) return finish(Closed{});
      return finish(Failed{why, code, std::string(reason)});
    case Purpose::move:
      if (code == 0) return request(Purpose::move, now);
      return finish(Expired{no_allocation ? Loss::mismatch : Loss::refused, code});
    case Purpose::refresh:
      if (no_allocation) return lose_or_move(Loss::mismatch, code, now);
      refresh_code_ = code;
      refresh_at_ = code == 0 ? now : now + refresh_retry;
      return;
    case Purpose::close:
      return finish(Closed{});  // also for 437: a success was lost, and the allocation is gone
    case Purpose::release:
      if (no_allocation) return finish(Expired{Loss::mismatch, code});
      return;  // it expires, as it is not refreshed
    case Purpose::permissions:
      if (no_allocation) return lose_or_move(Loss::mismatch, code, now);
      return permissions_refused(pending, why, code, now);
    case Purpose::channel:
      if (no_allocation) return lose_or_move(Loss::mismatch, code, now);
      return channel_refused(pending, why, code, now);
    case Purpose::connect:
      if (no_allocation) return finish(Expired{Loss::mismatch, code});
      events_.emplace_back(PeerConnectFailed{pending.peer, why, code});
      return;
    case Purpose::keepalive:
      return;  // the Refresh will tell whether the server is still there
  }
}

void Client::allocation_made(const stun::MessageView& message, Time asked, Time now) {
  const auto relayed = message.xor_relayed_addresses();
  const auto mapped = message.xor_mapped_address();
  const Duration lifetime = seconds(message.lifetime().value_or(0));
  if (!relayed || !is_as_asked(*relayed) || !mapped || lifetime <= Duration{}) {
    return finish(Failed{Failure::bad_response, 0, {}});
  }
  state_ = State::allocated;
  // Ordered, as either may come first.
  relayed_ = std::min(relayed->front(), relayed->back(), is_before);
  if (relayed->size() == 2) additional_ = std::max(relayed->front(), relayed->back(), is_before);
  mapped_ = *mapped;
  if (const auto ticket = message.mobility_ticket(); ticket && options_.mobility) {
    ticket_.assign(ticket->begin(), ticket->end());
  }
  set_lifetime(lifetime, asked);
  if (options_.keepalive > Duration{}) keepalive_at_ = now + options_.keepalive;
  const auto missing = message.address_error_code();
  events_.emplace_back(
      Allocated{relayed_, mapped_, lifetime, additional_,
                options_.dual && missing ? static_cast<int>(missing->error.number) : 0});
}

bool Client::is_as_asked(const std::vector<Endpoint>& relayed) const {
  const Family first = relayed.front().address.family();
  if (!options_.dual) return relayed.size() == 1 && first == options_.family;
  return relayed.size() == 1 || (relayed.size() == 2 && first != relayed.back().address.family());
}

void Client::allocation_refreshed(const stun::MessageView& message, Time asked, Time now) {
  const auto mapped = message.xor_mapped_address();
  if (mapped && *mapped != mapped_) return lose_or_move(Loss::mapped_address_changed, 0, now);
  const Duration lifetime = seconds(message.lifetime().value_or(0));
  refresh_code_ = 0;
  if (lifetime <= Duration{}) {
    refresh_at_ = now + refresh_retry;
    return;
  }
  set_lifetime(lifetime, asked);
}

void Client::allocation_moved(const stun::MessageView& message, Time asked, Time now) {
  const Duration lifetime = seconds(message.lifetime().value_or(0));
  if (lifetime <= Duration{}) return finish(Expired{Loss::refused, 0});
  if (const auto ticket = message.mobility_ticket()) {
    ticket_.assign(ticket->begin(), ticket->end());
  }
  former_local_ = std::exchange(options_.local, *std::exchange(moving_to_, std::nullopt));
  refresh_code_ = 0;
  set_lifetime(lifetime, asked);
  // A Refresh does not tell the new mapping: a Binding request does.
  mapped_ = {};
  if (options_.keepalive > Duration{}) keepalive_at_ = now;
  events_.emplace_back(Moved{options_.local});
}

void Client::set_lifetime(Duration lifetime, Time asked) {
  const bool is_short = lifetime < options_.refresh_margin * 2;
  expires_at_ = asked + lifetime;
  refresh_at_ = asked + (is_short ? lifetime / 2 : lifetime - options_.refresh_margin);
}

void Client::allocate_refused(const stun::MessageView& message, int code, std::string_view reason,
                              Time now) {
  if (code == static_cast<int>(ErrorNumber::try_alternate)) {
    const auto target = message.alternate_server();
    const bool acceptable =
        target && target->address.family() == options_.server.address.family() &&
        !target->address.is_any() && !target->address.is_loopback() && target->port != 0 &&
        std::find(visited_.begin(), visited_.end(), *target) == visited_.end() &&
        visited_.size() <= static_cast<std::size_t>(options_.max_redirects);
    if (!acceptable) return finish(Failed{Failure::redirect_refused, code, std::string(reason)});
    events_.emplace_back(Redirected{options_.server, *target});
    options_.server = *target;
    visited_.push_back(*target);
    // The nonce is the other server's business.
    credentials_ = stun::LongTermClient(options_.username, options_.password);
    if (!is_stream(options_.transport)) return request(Purpose::allocate, now);
    state_ = State::needs_new_port;
    events_.emplace_back(NeedNewLocalPort{});
    return;
  }
  if (code == static_cast<int>(ErrorNumber::mobility_forbidden) && options_.mobility) {
    options_.mobility = false;
    return request(Purpose::allocate, now);
  }
  if (code == static_cast<int>(ErrorNumber::allocation_mismatch)) {
    if (new_ports_ == options_.max_new_ports) {
      return finish(Failed{Failure::port_mismatch, code, std::string(reason)});
    }
    ++new_ports_;
    state_ = State::needs_new_port;
    events_.emplace_back(NeedNewLocalPort{});
    return;
  }
  finish(Failed{Failure::refused, code, std::string(reason)});
}

void Client::permission_granted(const IpAddress& peer, Time asked, Time now) {
  Permission* permission = find_peer(permissions_, peer);
  if (permission == nullptr) return;  // removed in the meantime
  const bool stood = now < permission->expires;
  *permission = {.peer = peer,
                 .expires = asked + permission_lifetime,
                 .refresh_at = asked + options_.permission_refresh};
  if (!stood) events_.emplace_back(PermissionReady{peer});
  for (const Held& held : held_) {
    if (held.peer.address == peer) transmit_data(held.peer, held.payload, now);
  }
  std::erase_if(held_, [&](const Held& held) { return held.peer.address == peer; });
}

void Client::permissions_refused(const Pending& pending, Failure why, int code, Time now) {
  for (const IpAddress& peer : pending.peers) {
    Permission* permission = find_peer(permissions_, peer);
    if (permission == nullptr) continue;
    permission->in_flight = false;
    if (why == Failure::refused && pending.peers.size() > 1) {
      // All of a CreatePermission are refused for the sake of one (RFC 8656 §10.2).
      permission->alone = true;
      permission->refresh_at = now;
      continue;
    }
    if (code == 0 && now < permission->expires) {
      permission->refresh_at = now;
      continue;
    }
    permission->refused = true;
    permission->expires = Time{};
    const std::size_t discarded =
        std::erase_if(held_, [&](const Held& held) { return held.peer.address == peer; });
    events_.emplace_back(PermissionFailed{peer, why, code, discarded});
  }
}

void Client::channel_bound(const Pending& pending, Time now) {
  const Time asked = pending.transaction.started();
  Channel& channel = channels_[pending.number - first_channel];
  const bool stood = now < channel.expires;
  channel.in_flight = false;
  channel.refused_numbers = 0;
  channel.expires = asked + channel_lifetime;
  channel.refresh_at = asked + options_.channel_refresh;
  if (!channel.wanted) return;
  if (!stood) events_.emplace_back(ChannelBound{channel.peer, pending.number});
  // A ChannelBind installs or refreshes the permission as well (RFC 8656 §12.2).
  permission_granted(channel.peer.address, asked, now);
}

void Client::channel_refused(const Pending& pending, Failure why, int code, Time now) {
  Channel& channel = channels_[pending.number - first_channel];
  channel.in_flight = false;
  if (!channel.wanted) return;
  if (code == 0 && now < channel.expires) {
    channel.refresh_at = now;
    return;
  }
  const Endpoint peer = channel.peer;
  const bool renumber = code == static_cast<int>(ErrorNumber::bad_request) &&
                        channel.refused_numbers + 1 < max_channel_numbers &&
                        channels_.size() <= last_channel - first_channel;
  channel.expires = Time{};
  channel.wanted = false;
  if (!renumber) {
    events_.emplace_back(ChannelFailed{peer, why, code});
    return;
  }
  Channel successor{.peer = peer, .refused_numbers = channel.refused_numbers + 1};
  channel.peer = {};
  channels_.push_back(successor);
}

void Client::finish(ClientEvent last) {
  state_ = State::over;
  expires_at_ = refresh_at_ = keepalive_at_ = Time::never();
  pending_.clear();
  permissions_.clear();
  channels_.clear();
  held_.clear();
  events_.push_back(std::move(last));
}

}  // namespace natsim::turn
