#include "stack/stun/client_transaction.h"

#include <algorithm>

namespace natsim::stun {
namespace {

// No interval grows beyond it, so that sums of hundreds stay within the clock.
constexpr Duration longest_interval = seconds(24 * 3600);

Duration next_interval(const TransactionTimers& timers, Duration interval) {
  const Duration grown = std::min(
      std::min(interval, longest_interval) * timers.growth_percent / 100, longest_interval);
  return timers.max_rto ? std::min(grown, *timers.max_rto) : grown;
}

}  // namespace

Duration TransactionTimers::total() const {
  Duration sum = rto * rm;
  Duration interval = rto;
  for (int send = 1; send < rc; ++send) {
    sum += interval;
    interval = next_interval(*this, interval);
  }
  return sum;
}

ClientTransaction::ClientTransaction(Transmit request, const TransactionTimers& timers, Time now)
    : request_(std::move(request)),
      timers_(timers),
      started_(now),
      end_(now + timers.total()),
      interval_(timers.rto) {
  const MessageView message = MessageView::parse(request_.payload).value();
  id_ = message.transaction_id();
  method_ = message.method();
  deadline_ = now + (timers_.rc > 1 ? interval_ : timers_.rto * timers_.rm);
}

bool ClientTransaction::is_answered_by(const MessageView& message) const {
  return state_ == State::waiting && message.is_response() && message.method() == method_ &&
         message.transaction_id() == id_;
}

void ClientTransaction::handle_timeout(Time now) {
  if (now < deadline_) return;
  if (sends_ >= timers_.rc) {
    state_ = State::failed;
    deadline_ = Time::never();
    due_ = false;
    return;
  }
  ++sends_;
  due_ = true;
  interval_ = next_interval(timers_, interval_);
  deadline_ = now + (sends_ < timers_.rc ? interval_ : timers_.rto * timers_.rm);
}

std::optional<Transmit> ClientTransaction::poll_transmit() {
  if (!due_) return std::nullopt;
  due_ = false;
  return request_;
}

void ClientTransaction::finish() {
  state_ = State::finished;
  deadline_ = Time::never();
  due_ = false;
}

void ClientTransaction::stop_retransmitting() {
  if (state_ != State::waiting) return;
  timers_.rc = sends_;
  deadline_ = std::max(deadline_, end_);
}

}  // namespace natsim::stun
