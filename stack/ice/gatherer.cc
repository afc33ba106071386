#include "stack/ice/gatherer.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace natsim::ice {

void Gatherer::ask(const Endpoint& base, const Endpoint& server, std::uint16_t local_preference,
                   const stun::TransactionTimers& timers, Time now) {
  inquiries_.push_back({base, server, local_preference, timers, now, std::nullopt});
  start(inquiries_.back(), now);
}

bool Gatherer::receive(const Endpoint& base, const Endpoint& remote, ByteView bytes, Time now) {
  for (Inquiry& inquiry : inquiries_) {
    if (inquiry.base != base || !inquiry.client) continue;
    inquiry.client->receive(base, remote, bytes, now);
    // A redirection gives no outcome but another request.
    bool taken = false;
    while (auto transmit = inquiry.client->poll_transmit()) {
      transmits_.push(std::move(*transmit));
      taken = true;
    }
    if (take_outcome(inquiry, now) || taken) return true;
  }
  return false;
}

void Gatherer::handle_timeout(Time now) {
  for (Inquiry& inquiry : inquiries_) {
    if (inquiry.client) {
      inquiry.client->handle_timeout(now);
      while (auto transmit = inquiry.client->poll_transmit()) transmits_.push(std::move(*transmit));
      take_outcome(inquiry, now);
    } else if (now >= inquiry.ask_again) {
      start(inquiry, now);
    }
  }
}

Time Gatherer::next_timeout() const {
  Time next = Time::never();
  for (const Inquiry& inquiry : inquiries_) {
    next = std::min(next, inquiry.client ? inquiry.client->next_timeout() : inquiry.ask_again);
  }
  return next;
}

std::size_t Gatherer::open() const {
  return static_cast<std::size_t>(std::count_if(
      inquiries_.begin(), inquiries_.end(),
      [](const Inquiry& inquiry) { return inquiry.client.has_value() && !inquiry.mapped; }));
}

bool Gatherer::knows(const Endpoint& base) const {
  return std::any_of(inquiries_.begin(), inquiries_.end(), [&](const Inquiry& inquiry) {
    return inquiry.base == base && (inquiry.client.has_value() || inquiry.mapped);
  });
}

void Gatherer::start(Inquiry& inquiry, Time now) {
  inquiry.asked = now;
  inquiry.client.emplace(inquiry.base, inquiry.server,
                         stun::BindingClient::Options{.timers = inquiry.timers},
                         random_.split(asked_++), now);
  while (auto transmit = inquiry.client->poll_transmit()) transmits_.push(std::move(*transmit));
}

bool Gatherer::take_outcome(Inquiry& inquiry, Time now) {
  const auto outcome = inquiry.client->poll_event();
  if (!outcome) return false;
  inquiry.client.reset();
  const auto* success = std::get_if<stun::MappedAddress>(&*outcome);
  const bool answered_before = inquiry.mapped.has_value();
  if (answered_before || success != nullptr) inquiry.ask_again = now + keepalive_;
  const bool is_news = success != nullptr ? inquiry.mapped != success->mapped : !answered_before;
  if (success != nullptr) inquiry.mapped = success->mapped;
  if (is_news) {
    results_.push(
        {inquiry.base, inquiry.server, inquiry.local_preference, now - inquiry.asked, *outcome});
  }
  return true;
}

}  // namespace natsim::ice
