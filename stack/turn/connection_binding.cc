#include "stack/turn/connection_binding.h"

#include <utility>

#include "stack/stun/message_builder.h"

namespace natsim::turn {

ConnectionBinding::ConnectionBinding(Options options, Random random, Time now)
    : options_(std::move(options)),
      random_(random),
      credentials_(options_.username, options_.password) {
  ask(now);
}

void ConnectionBinding::ask(Time now) {
  stun::MessageBuilder message(stun::MessageClass::request, stun::Method::connection_bind,
                               stun::TransactionId::draw(random_));
  message.connection_id(options_.id);
  credentials_.protect(message);
  generation_ = credentials_.generation();
  transaction_.emplace(
      Transmit{options_.local, options_.server, message.take(), options_.transport},
      stun::TransactionTimers::reliable(), now);
}

void ConnectionBinding::receive(ByteView message, Time now) {
  using Verdict = stun::LongTermClient::Verdict;
  const auto answer = stun::MessageView::parse(message);
  if (state_ != State::asking || !answer || !transaction_->is_answered_by(*answer)) return;
  const Verdict verdict = credentials_.judge(*answer, generation_);
  if (verdict == Verdict::discard) return transaction_->discard();
  if (verdict == Verdict::retry) return ask(now);
  transaction_->finish();
  const bool good = verdict == Verdict::accept && answer->is_success();
  state_ = good ? State::bound : State::failed;
  if (const auto error = answer->error_code()) code_ = static_cast<int>(error->number);
}

void ConnectionBinding::handle_timeout(Time now) {
  if (state_ != State::asking) return;
  transaction_->handle_timeout(now);
  if (transaction_->failed()) state_ = State::failed;
}

Time ConnectionBinding::next_timeout() const {
  return state_ == State::asking ? transaction_->next_timeout() : Time::never();
}

std::optional<Transmit> ConnectionBinding::poll_transmit() { return transaction_->poll_transmit(); }

}  // namespace natsim::turn
