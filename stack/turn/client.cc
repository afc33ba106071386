#include "stack/turn/client.h"

#include <algorithm>
#include <utility>

namespace natsim::turn {
namespace {

ClientOptions fitted(ClientOptions options) {
  if (is_stream(options.transport)) {
    options.timers = stun::TransactionTimers::reliable();
    options.keepalive = Duration{};
  }
  return options;
}

}  // namespace

Client::Client(ClientOptions options, Random random)
    : options_(fitted(std::move(options))),
      random_(random),
      credentials_(options_.username, options_.password) {}

void Client::start(Time now) {
  if (state_ != State::idle) return;
  state_ = State::allocating;
  visited_.push_back(options_.server);
  request(Purpose::allocate, now);
}

void Client::set_local(Endpoint local, Time now) {
  if (state_ != State::needs_new_port && state_ != State::idle) return;
  options_.local = local;
  if (state_ == State::idle) return;
  state_ = State::allocating;
  request(Purpose::allocate, now);
}

void Client::connection_lost(Time now) {
  now_ = now;
  switch (state_) {
    case State::idle:
    case State::allocating:
    case State::needs_new_port:
      return finish(Failed{Failure::connection_lost, 0, {}});
    case State::allocated:
      return finish(Expired{Loss::connection_lost, 0});
    case State::closing:
      return finish(Closed{});
    case State::over:
      return;
  }
}

void Client::close(Time now) {
  switch (state_) {
    case State::idle:
    case State::needs_new_port:
      return finish(Closed{});
    case State::allocating:
      // What the Allocate makes is deleted when its success arrives.
      state_ = State::closing;
      return;
    case State::allocated:
      state_ = State::closing;
      pending_.clear();
      expires_at_ = refresh_at_ = keepalive_at_ = Time::never();
      return request(Purpose::close, now);
    case State::closing:
    case State::over:
      return;
  }
}

bool Client::move(const Endpoint& local, Time now) {
  now_ = now;
  if (state_ != State::allocated || ticket_.empty() || is_stream(options_.transport)) return false;
  moving_to_ = local;
  // What is on its way from the former address is asked for again from the new one.
  pending_.clear();
  for (Permission& permission : permissions_) {
    if (std::exchange(permission.in_flight, false)) permission.refresh_at = now;
  }
  for (Channel& channel : channels_) {
    if (std::exchange(channel.in_flight, false)) channel.refresh_at = now;
  }
  keepalive_at_ = refresh_at_ = Time::never();
  request(Purpose::move, now);
  return true;
}

void Client::lose_or_move(Loss why, int code, Time now) {
  if (!move(options_.local, now)) finish(Expired{why, code});
}

void Client::release(Family family, Time now) {
  if (state_ != State::allocated || !additional_) return;
  released_ = family;
  if (relayed_.address.family() == family) relayed_ = *additional_;
  additional_.reset();
  const auto is_of_it = [&](const auto& entry) { return entry.peer.family() == family; };
  std::erase_if(permissions_, is_of_it);
  std::erase_if(held_, [&](const Held& h) { return h.peer.address.family() == family; });
  for (Channel& channel : channels_) {
    if (channel.peer.is_set() && channel.peer.address.family() == family) channel.wanted = false;
  }
  request(Purpose::release, now);
}

bool Client::relays(Family family) const {
  if (state_ != State::allocated) return options_.dual || family == options_.family;
  return relayed_.address.family() == family ||
         (additional_ && additional_->address.family() == family);
}

void Client::add_peer(const IpAddress& peer, Time now) {
  now_ = now;
  if (state_ == State::closing || state_ == State::over) return;
  if (!relays(peer.family())) {
    events_.emplace_back(PermissionFailed{
        peer, Failure::refused, static_cast<int>(stun::ErrorNumber::peer_address_family_mismatch)});
    return;
  }
  Permission* known = find_peer(permissions_, peer);
  if (known == nullptr) {
    permissions_.push_back({peer});
  } else if (known->refused) {
    *known = {peer};
  }
}

void Client::remove_peer(const IpAddress& peer, Time now) {
  now_ = now;
  std::erase_if(permissions_, [&](const Permission& p) { return p.peer == peer; });
  std::erase_if(held_, [&](const Held& h) { return h.peer.address == peer; });
  for (Channel& channel : channels_) {
    if (channel.peer.address == peer) channel.wanted = false;
  }
}

void Client::bind_channel(const Endpoint& peer, Time now) {
  now_ = now;
  if (state_ == State::closing || state_ == State::over || options_.tcp_relay) return;
  if (!relays(peer.address.family())) {
    events_.emplace_back(ChannelFailed{
        peer, Failure::refused, static_cast<int>(stun::ErrorNumber::peer_address_family_mismatch)});
    return;
  }
  add_peer(peer.address, now);
  if (Channel* known = find_peer(channels_, peer)) {
    if (known->wanted) return;
    known->wanted = true;
    known->refused_numbers = 0;
    // A binding that was let go still holds for a while: then it only has to be refreshed.
    known->refresh_at = now;
  } else if (channels_.size() > last_channel - first_channel) {
    events_.emplace_back(ChannelFailed{peer, Failure::no_channel_left});
  } else {
    channels_.push_back({peer});
  }
}

SendResult Client::send(const Endpoint& peer, ByteView payload, Time now) {
  now_ = now;
  if (state_ != State::allocated || options_.tcp_relay) return SendResult::no_allocation;
  if (payload.size() > max_application_data) return SendResult::too_large;
  const Permission* permission = find_peer(permissions_, peer.address);
  if (permission != nullptr && permission->refused) return SendResult::permission_refused;
  if (permission != nullptr && now < permission->expires) {
    transmit_data(peer, payload, now);
    return SendResult::sent;
  }
  if (!relays(peer.address.family())) return SendResult::permission_refused;
  if (permission == nullptr) add_peer(peer.address, now);
  if (held_.size() >= max_held) return SendResult::queue_full;
  held_.push_back({peer, Bytes(payload.begin(), payload.end())});
  return SendResult::held;
}

bool Client::connect_peer(const Endpoint& peer, Time now) {
  now_ = now;
  if (state_ != State::allocated || !options_.tcp_relay) return false;
  request(Purpose::connect, now, {}, 0, 0, peer);
  return true;
}

void Client::transmit_data(const Endpoint& peer, ByteView payload, Time now) {
  Bytes message;
  if (const auto number = channel(peer, now)) {
    message = encode_channel_data(*number, payload, options_.transport);
  } else {
    message = stun::MessageBuilder(stun::MessageClass::indication, stun::Method::send,
                                   stun::TransactionId::draw(random_))
                  .xor_peer_address(peer)
                  .data(payload)
                  .take();
  }
  transmits_.push_back({options_.local, options_.server, std::move(message), options_.transport});
}

Inbound Client::receive(const Endpoint& from, ByteView bytes, Time now) {
  now_ = now;
  if (from != options_.server || state_ == State::idle || state_ == State::over) return {};
  if (ChannelData::matches(bytes)) return receive_channel_data(bytes);
  if (!stun::looks_like_stun(bytes)) return {};
  const auto message = stun::MessageView::parse(bytes);
  if (!message) return {};
  if (message->is_response()) return receive_response(*message, now);
  if (message->is_indication()) return receive_indication(*message);
  return {};
}

Inbound Client::receive_channel_data(ByteView bytes) const {
  const auto message = ChannelData::parse(bytes);
  if (!message || state_ != State::allocated) return {Inbound::Kind::control};
  const std::size_t index = message->number - first_channel;
  // The server may use a binding whose success is still on its way to us.
  if (index >= channels_.size() || !channels_[index].wanted) return {Inbound::Kind::control};
  return {Inbound::Kind::data, channels_[index].peer, message->payload};
}

Inbound Client::receive_indication(const stun::MessageView& message) {
  if (message.method() == stun::Method::connection_attempt) {
    const auto caller = message.xor_peer_address();
    const auto id = message.connection_id();
    if (state_ == State::allocated && caller && id) {
      events_.emplace_back(PeerConnected{*caller, *id, true});
    }
    return {Inbound::Kind::control};
  }
  if (message.method() != stun::Method::data) return {};
  const auto peer = message.xor_peer_address();
  // Only from peers with a permission, as far as we know (RFC 8656 §11.4): its success may still
  // be on its way to us.
  const Permission* permission = peer ? find_peer(permissions_, peer->address) : nullptr;
  if (state_ != State::allocated || permission == nullptr || permission->refused ||
      !message.unknown_required(stun::Usage::stun | stun::Usage::turn).empty()) {
    return {Inbound::Kind::control};
  }
  if (const auto icmp = message.icmp()) {
    events_.emplace_back(PeerUnreachable{*peer, icmp->type, icmp->code, icmp->data});
    return {Inbound::Kind::control};
  }
  const auto data = message.data();
  if (!data) return {Inbound::Kind::control};
  return {Inbound::Kind::data, *peer, *data};
}

void Client::handle_timeout(Time now) {
  now_ = now;
  std::vector<Pending> failed;
  for (auto it = pending_.begin(); it != pending_.end();) {
    it->transaction.handle_timeout(now);
    while (auto transmit = it->transaction.poll_transmit()) {
      transmits_.push_back(std::move(*transmit));
    }
    if (it->transaction.failed()) {
      failed.push_back(std::move(*it));
      it = pending_.erase(it);
    } else {
      ++it;
    }
  }
  for (const Pending& pending : failed) {
    const bool unauthentic = pending.transaction.integrity_violated();
    fail(pending, unauthentic ? Failure::not_authentic : Failure::timeout, 0, {}, now);
  }
  if (state_ != State::allocated) return;
  if (now >= expires_at_) {
    return finish(Expired{refresh_code_ == 0 ? Loss::lifetime_over : Loss::refused, refresh_code_});
  }
  if (now >= refresh_at_) {
    refresh_at_ = Time::never();
    request(Purpose::refresh, now);
  }
  if (now >= keepalive_at_) {
    keepalive_at_ = now + options_.keepalive;
    if (!is_in_flight(Purpose::keepalive)) request(Purpose::keepalive, now);
  }
  request_what_is_due(now);
}

Time Client::next_timeout() const {
  Time next = Time::never();
  for (const Pending& pending : pending_) {
    next = std::min(next, pending.transaction.next_timeout());
  }
  if (state_ != State::allocated) return next;
  next = std::min({next, expires_at_, refresh_at_, keepalive_at_});
  if (moving_to_) return next;
  for (const Permission& permission : permissions_) {
    if (!permission.in_flight && !permission.refused) next = std::min(next, permission.refresh_at);
  }
  for (const Channel& channel : channels_) {
    if (channel.wanted && !channel.in_flight) next = std::min(next, channel.refresh_at);
  }
  return next;
}

std::optional<Transmit> Client::poll_transmit() {
  if (transmits_.empty() && state_ == State::allocated) request_what_is_due(now_);
  if (transmits_.empty()) return std::nullopt;
  std::optional<Transmit> next = std::move(transmits_.front());
  transmits_.pop_front();
  return next;
}

std::optional<ClientEvent> Client::poll_event() {
  if (events_.empty()) return std::nullopt;
  std::optional<ClientEvent> next = std::move(events_.front());
  events_.pop_front();
  return next;
}

bool Client::has_permission(const IpAddress& peer, Time now) const {
  const Permission* permission = find_peer(permissions_, peer);
  return permission != nullptr && !permission->refused && now < permission->expires;
}

std::optional<std::uint16_t> Client::channel(const Endpoint& peer, Time now) const {
  const Channel* channel = find_peer(channels_, peer);
  if (channel == nullptr || !channel->wanted || now >= channel->expires) return std::nullopt;
  return static_cast<std::uint16_t>(first_channel + (channel - channels_.data()));
}

bool Client::is_in_flight(Purpose purpose) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&](const Pending& pending) { return pending.purpose == purpose; });
}

}  // namespace natsim::turn
