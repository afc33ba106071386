// What a connection sends, and when (RFC 9293 §3.8.6).
#include <algorithm>
#include <utility>

#include "sim/net/tcp_connection.h"

namespace natsim::net {

TcpSegment TcpConnection::make(std::int64_t position, std::uint8_t flags) {
  TcpSegment segment{.seq = out_.number(position), .flags = flags};
  if ((flags & tcp_flag::ack) != 0) {
    segment.ack = in_.number(received_to_);
    unacknowledged_ = 0;
    ack_now_ = false;
    ack_at_ = Time::never();
  }
  segment.window = window_field((flags & tcp_flag::syn) != 0);
  ++counters_.segments_sent;
  return segment;
}

std::optional<TcpSegment> TcpConnection::poll_transmit() {
  if (rst_) {
    const TcpSegment segment = *rst_;
    rst_.reset();
    return segment;
  }
  if (state_ == TcpState::closed) return std::nullopt;
  if (next_ == 0) return make_syn();
  if (synchronised()) {
    if (const auto segment = next_data()) return segment;
  }
  if (keepalive_due_) {
    keepalive_due_ = false;
    return make(high_ - 1, tcp_flag::ack);
  }
  if (ack_now_) return make(high_, tcp_flag::ack);
  return std::nullopt;
}

TcpSegment TcpConnection::make_syn() {
  const bool answer = state_ == TcpState::syn_received;
  TcpSegment segment =
      make(0, answer ? std::uint8_t{tcp_flag::syn | tcp_flag::ack} : tcp_flag::syn);
  segment.mss = options_.mss;
  if (options_.window_scale) segment.window_scale = own_shift_;
  sent(0, 1);
  // In a simultaneous open it may be an earlier SYN that is acknowledged (Karn's algorithm).
  if (counters_.timeouts > 0) timed_end_.reset();
  return segment;
}

std::optional<TcpSegment> TcpConnection::next_data() {
  const bool again = std::exchange(retransmit_first_, false);
  const bool forced = std::exchange(forced_, false);
  const std::int64_t from = again ? una_ : next_;
  const std::int64_t in_peer_window = una_ + window_ - from;
  const std::int64_t left = queued_end_ - from;
  if (again) {
    const std::int64_t size = std::min({left, mss_, high_ - from});
    const bool fin = closing_ && size == left && high_ > queued_end_;
    return make_data(from, size, fin);
  }
  if (from == stream_end()) return std::nullopt;
  if (from == high_ && una_ == high_ && now_ - last_sent_ > rto_.rto()) {
    congestion_.restart_after_idle();
  }
  if (forced && in_peer_window <= 0) {  // a probe of the shut window: one byte, or the FIN
    ++probes_;
    TcpSegment probe = make_data(from, std::min<std::int64_t>(left, 1), left == 0);
    next_ = from;  // it does not count as sent: the probe's own timer goes on
    rto_at_ = Time::never();
    timed_end_.reset();
    return probe;
  }
  const std::int64_t allowed = una_ + std::min(window_, congestion_.allowance()) - from;
  const std::int64_t size = std::max<std::int64_t>(std::min({left, mss_, allowed}), 0);
  const bool fin = closing_ && size == left && in_peer_window > size;
  if ((size > 0 || fin) && (forced || worth_sending(size, left, fin))) {
    probe_at_ = Time::never();
    probes_ = 0;
    return make_data(from, size, fin);
  }
  if (from == una_ && probe_at_ == Time::never()) {
    const Duration longest = options_.max_rto;
    const Duration rto = rto_.rto();
    probe_at_ =
        now_ + (probes_ < 16 ? std::min(rto * (std::int64_t{1} << probes_), longest) : longest);
  }
  return std::nullopt;
}

// Silly windows and Nagle's algorithm (RFC 9293 §3.8.6.2.1 and §3.7.4).
bool TcpConnection::worth_sending(std::int64_t size, std::int64_t left, bool fin) const {
  if (size == mss_ || fin || next_ < high_) return true;
  if (size == left && (!options_.nagle || next_ == una_)) return true;
  return size * 2 >= largest_window_;
}

TcpSegment TcpConnection::make_data(std::int64_t from, std::int64_t size, bool fin) {
  TcpSegment segment = make(from, tcp_flag::ack);
  segment.payload = outgoing_.view(static_cast<std::size_t>(from - queued_from()),
                                   static_cast<std::size_t>(size));
  if (size > 0 && from + size == queued_end_) segment.flags |= tcp_flag::psh;
  if (fin) segment.flags |= tcp_flag::fin;
  const std::int64_t end = from + size + (fin ? 1 : 0);
  const std::int64_t fresh = std::min(end, queued_end_) - std::max(from, std::min(high_, end));
  if (fresh > 0) counters_.bytes_sent += static_cast<std::uint64_t>(fresh);
  sent(from, end);
  last_sent_ = now_;
  return segment;
}

// Keeps account of a segment that takes up sequence space.
void TcpConnection::sent(std::int64_t from, std::int64_t end) {
  if (from < high_) {
    ++counters_.retransmissions;
    timed_end_.reset();  // Karn's algorithm
  } else if (!timed_end_) {
    timed_end_ = end;
    timed_at_ = now_;
  }
  next_ = std::max(next_, end);
  high_ = std::max(high_, end);
  if (rto_at_ == Time::never()) rto_at_ = now_ + rto_.rto();
}

// SND.NXT's counterpart of the window: it moves on by half the buffer or a segment at least, so
// that the peer is not led to small segments (RFC 9293 §3.8.6.2.2).
std::int64_t TcpConnection::window_to_offer() const {
  const auto buffer = static_cast<std::int64_t>(options_.receive_buffer);
  const std::int64_t room = buffer - static_cast<std::int64_t>(received_.size());
  const std::int64_t known = offered_to_ - received_to_;
  const std::int64_t step = std::min<std::int64_t>(buffer / 2, options_.mss);
  return room - known >= step ? room : known;
}

std::uint16_t TcpConnection::window_field(bool syn) {
  const auto buffer = static_cast<std::int64_t>(options_.receive_buffer);
  if (syn) return static_cast<std::uint16_t>(std::min<std::int64_t>(buffer, max_unscaled_window));
  const std::int64_t field =
      std::min<std::int64_t>(window_to_offer() >> own_shift_, max_unscaled_window);
  offered_to_ = std::max(offered_to_, received_to_ + (field << own_shift_));
  return static_cast<std::uint16_t>(field);
}

}  // namespace natsim::net
