#include "stack/ice/connectivity_check.h"

#include <algorithm>
#include <utility>

#include "stack/stun/message_builder.h"

namespace natsim::ice {

void CheckClient::set_credentials(const Credentials& local, const Credentials& remote) {
  username_ = remote.ufrag + ":" + local.ufrag;
  key_ = stun::IntegrityKey::short_term(remote.password);
}

Transmission CheckClient::start(const Check& check, const stun::TransactionTimers& timers,
                                Time now) {
  const auto id = stun::TransactionId::draw(random_);
  stun::MessageBuilder request(stun::MessageClass::request, stun::Method::binding, id);
  request.username(username_).priority(check.priority);
  if (check.role == Role::controlling) {
    request.ice_controlling(check.tiebreaker);
    if (check.use_candidate) request.use_candidate();
    if (check.nomination != 0) request.nomination(check.nomination);
  } else {
    request.ice_controlled(check.tiebreaker);
  }
  request.message_integrity(*key_).fingerprint();

  stun::ClientTransaction transaction({check.local, check.remote, request.take()}, timers, now);
  Transmission first{check, id, 1, transaction.poll_transmit()->payload};
  outstanding_.push_back({check, false, std::move(transaction)});
  return first;
}

std::optional<CheckClient::Due> CheckClient::advance(Time now) {
  for (std::size_t i = 0; i < outstanding_.size(); ++i) {
    Outstanding& item = outstanding_[i];
    if (item.transaction.next_timeout() > now) continue;
    item.transaction.handle_timeout(now);
    if (!item.transaction.failed()) {
      return Due{Transmission{item.check, item.transaction.id(), item.transaction.sends(),
                              item.transaction.poll_transmit()->payload},
                 item.check, item.transaction.id()};
    }
    const Due due{std::nullopt, item.check, item.transaction.id()};
    const bool cancelled = item.cancelled;
    outstanding_.erase(outstanding_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!cancelled) return due;
    --i;
  }
  return std::nullopt;
}

Time CheckClient::next_timeout() const {
  Time earliest = Time::never();
  for (const Outstanding& item : outstanding_) {
    earliest = std::min(earliest, item.transaction.next_timeout());
  }
  return earliest;
}

const Check* CheckClient::find(const stun::MessageView& response) const {
  for (const Outstanding& item : outstanding_) {
    if (item.transaction.is_answered_by(response)) return &item.check;
  }
  return nullptr;
}

std::optional<Duration> CheckClient::round_trip(const stun::TransactionId& transaction,
                                                Time now) const {
  for (const Outstanding& item : outstanding_) {
    if (item.transaction.id() != transaction || item.transaction.sends() > 1) continue;
    return now - item.transaction.started();
  }
  return std::nullopt;
}

void CheckClient::finish(const stun::TransactionId& transaction) {
  std::erase_if(outstanding_,
                [&](const Outstanding& item) { return item.transaction.id() == transaction; });
}

void CheckClient::cancel(PairId pair) {
  for (Outstanding& item : outstanding_) {
    if (item.check.pair != pair || item.check.kind == CheckKind::consent) continue;
    item.cancelled = true;
    item.transaction.stop_retransmitting();
  }
}

}  // namespace natsim::ice
