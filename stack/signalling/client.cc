#include "stack/signalling/client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stack/signalling/take_front.h"
#include "stack/stun/utf8.h"

namespace natsim::signalling {

std::string_view to_string(Client::State state) {
  constexpr std::string_view names[] = {"waiting", "connecting", "entering",
                                        "entered", "leaving",    "left"};
  return names[static_cast<std::size_t>(state)];
}

Client::Client(ClientOptions options, Random random, Time now)
    : options_(std::move(options)),
      random_(random),
      backoff_(options_.reconnect_min),
      deadline_(now) {
  handle_timeout(now);
}

Result<bool> Client::send(SignalKind kind, std::string_view payload, std::string_view to,
                          Time now) {
  if (state_ == State::leaving || state_ == State::left) return Error{"it has left the room"};
  if (unsent_.size() >= options_.max_unsent) {
    return Error{fmt::format("{} messages wait already", unsent_.size())};
  }
  if (!stun::utf8_length(payload) || !stun::utf8_length(to)) return Error{"a text is not UTF-8"};
  OutgoingSignal whole{kind, UINT64_MAX, std::string(to), std::string(payload)};
  // As the server will hand it on, with a name of the greatest length: in JSON it may be longer.
  constexpr std::size_t room_for_name = 512;
  if (encode(ClientMessage(whole)).size() + room_for_name > options_.websocket.longest_message) {
    return Error{fmt::format("a message has at most {} bytes", options_.websocket.longest_message)};
  }
  unsent_.push_back({kind, std::move(whole.to), std::move(whole.payload)});
  flush();
  drain(now);
  return true;
}

void Client::leave(Time now) {
  if (state_ == State::leaving || state_ == State::left) return;
  if (state_ == State::entered) {
    state_ = State::leaving;
    socket_->close(close_code::normal, "left", now);
    return drain(now);
  }
  if (state_ != State::waiting) orders_.emplace_back(CloseStream{true});
  socket_.reset();
  state_ = State::left;
  deadline_ = Time::never();
  events_.emplace_back(ClientLeft{});
}

void Client::connected(Time now) {
  if (state_ != State::connecting) return;
  state_ = State::entering;
  deadline_ = Time::never();
  socket_ = WebSocket::client(options_.websocket, options_.host, random_.split(streams_), now);
  drain(now);
}

void Client::receive(ByteView bytes, Time now) {
  if (!socket_) return;
  socket_->receive(bytes, now);
  drain(now);
}

void Client::end(std::string_view why, Time now) {
  if (state_ == State::connecting) return lost(std::string(why), now);
  if (!socket_) return;
  socket_->end(why);
  drain(now);
}

void Client::handle_timeout(Time now) {
  if (now < next_timeout()) return;
  if (state_ == State::waiting) {
    state_ = State::connecting;
    ++streams_;
    deadline_ = now + options_.connect_timeout;
    orders_.emplace_back(OpenStream{});
  } else if (state_ == State::connecting) {
    orders_.emplace_back(CloseStream{true});
    lost(fmt::format("no connection within {}", to_string(options_.connect_timeout)), now);
  } else if (socket_) {
    socket_->handle_timeout(now);
    drain(now);
  }
}

Time Client::next_timeout() const { return socket_ ? socket_->next_timeout() : deadline_; }

void Client::drain(Time now) {
  std::optional<SocketClosed> end;
  while (socket_ && !end) {
    const auto event = socket_->poll_event();
    if (!event) break;
    if (const auto* const received = std::get_if<SocketReceived>(&*event)) {
      take(received->text, now);
    } else if (const auto* const closed = std::get_if<SocketClosed>(&*event)) {
      end = *closed;
    } else if (session_.empty()) {
      say(Join{options_.room, options_.name});
    } else {
      say(Resume{session_, received_});
    }
  }
  if (!socket_) return;
  Bytes bytes = socket_->poll_bytes();
  const bool abort = bytes.empty() && end && end->code == close_code::abnormal;
  if (!bytes.empty()) orders_.emplace_back(SendBytes{std::move(bytes)});
  if (!end) return;
  orders_.emplace_back(CloseStream{abort});
  if (state_ != State::leaving) {
    return lost(end->reason.empty() ? fmt::format("closed with {}", end->code) : end->reason, now);
  }
  socket_.reset();
  state_ = State::left;
  events_.emplace_back(ClientLeft{});
}

void Client::take(const std::string& text, Time now) {
  const auto message = parse_server_message(text);
  if (!message) return give_up_connection(message.error(), now);
  const bool entering = state_ == State::entering;
  const bool enters = std::holds_alternative<Joined>(message.value()) ||
                      std::holds_alternative<Resumed>(message.value());
  if (state_ == State::leaving) return;
  if (entering != enters && !std::holds_alternative<Refusal>(message.value())) {
    return give_up_connection(fmt::format("the server says '{}' too {}", type_of(message.value()),
                                          entering ? "early" : "late"),
                              now);
  }
  std::visit([&](const auto& one) { take(one, now); }, message.value());
}

void Client::take(const Joined& joined, Time /*now*/) {
  session_ = joined.session;
  received_ = 0;
  first_ = 1;
  enter(false, joined.members);
}

void Client::take(const Resumed& resumed, Time now) {
  on_the_way_ = unsent_.size();  // what may have come
  acknowledged(resumed.received, now);
  if (state_ == State::entering) enter(true, resumed.members);
}

void Client::enter(bool resumed, std::vector<std::string> members) {
  state_ = State::entered;
  backoff_ = options_.reconnect_min;
  members_ = std::move(members);
  on_the_way_ = 0;
  events_.emplace_back(Entered{resumed});
  flush();
}

void Client::take(const Arrived& arrived, Time now) {
  if (!is_next(arrived.number, now)) return;
  if (std::find(members_.begin(), members_.end(), arrived.name) == members_.end()) {
    members_.push_back(arrived.name);
  }
  events_.emplace_back(MemberArrived{arrived.name});
  flush();
}

void Client::take(const Left& left, Time now) {
  if (!is_next(left.number, now)) return;
  std::erase(members_, left.name);
  events_.emplace_back(MemberLeft{left.name, left.reason});
}

void Client::take(const IncomingSignal& signal, Time now) {
  if (!is_next(signal.number, now)) return;
  events_.emplace_back(SignalReceived{signal.kind, signal.from, signal.payload});
}

void Client::take(const Refusal& refusal, Time now) {
  events_.emplace_back(ServerRefused{refusal.reason});
  if (state_ != State::entering) return;
  session_.clear();  // an unknown session, or a name that an old one still has
  give_up_connection(refusal.reason, now);
}

void Client::take(const Ack& ack, Time now) { acknowledged(ack.received, now); }

bool Client::is_next(std::uint64_t number, Time now) {
  if (number > received_ + 1) {
    give_up_connection(fmt::format("number {} follows {}", number, received_), now);
    return false;
  }
  const bool next = number == received_ + 1;
  if (next) received_ = number;
  say(Ack{received_});
  return next;
}

void Client::acknowledged(std::uint64_t received, Time now) {
  if (received >= first_ + on_the_way_) {
    return give_up_connection("the server acknowledges what was not sent", now);
  }
  for (; first_ <= received; ++first_) {
    unsent_.pop_front();
    --on_the_way_;
  }
}

void Client::flush() {
  if (state_ != State::entered || members_.empty()) return;
  for (; on_the_way_ < unsent_.size(); ++on_the_way_) {
    const Unsent& one = unsent_[on_the_way_];
    say(OutgoingSignal{one.kind, first_ + on_the_way_, one.to, one.payload});
  }
}

void Client::give_up_connection(std::string_view why, Time now) {
  if (state_ != State::entering && state_ != State::entered) return;
  Bytes rest = socket_->poll_bytes();
  if (!rest.empty()) orders_.emplace_back(SendBytes{std::move(rest)});
  orders_.emplace_back(CloseStream{false});
  lost(std::string(why), now);
}

void Client::lost(std::string reason, Time now) {
  socket_.reset();
  on_the_way_ = 0;
  state_ = State::waiting;
  const Duration wait = random_.between(backoff_ / 2, backoff_);
  backoff_ = std::min(backoff_ * 2, options_.reconnect_max);
  deadline_ = now + wait;
  events_.emplace_back(ConnectionLost{std::move(reason), wait});
}

std::optional<StreamOrder> Client::poll_order() { return take_front(orders_); }

std::optional<ClientEvent> Client::poll_event() { return take_front(events_); }

}  // namespace natsim::signalling
