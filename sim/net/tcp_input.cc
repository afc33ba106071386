// What a connection does with a segment that arrives (RFC 9293 §3.10.7).
#include <algorithm>

#include "sim/net/tcp_connection.h"

namespace natsim::net {
namespace {

// How often what is out of order in a way that a stranger could have made is answered, so that two
// ends that disagree do not answer one another for ever (RFC 5961 §7).
constexpr Duration challenge_interval = milliseconds(500);

// Without the option (RFC 9293 §3.7.1).
std::int64_t default_mss(Family family) { return family == Family::ipv4 ? 536 : 1220; }
constexpr std::int64_t smallest_mss = 28;  // what IPv4's smallest MTU leaves

}  // namespace

void TcpConnection::receive(const TcpSegment& segment, Time now) {
  now_ = now;
  ++counters_.segments_received;
  if (state_ == TcpState::closed) return;
  if (state_ == TcpState::syn_sent) return receive_in_syn_sent(segment);
  std::int64_t position = in_.position(segment.seq, received_to_);
  TcpSegment rest = segment;
  if (state_ == TcpState::syn_received && segment.has(tcp_flag::syn) && position == 0) {
    // The peer's SYN once more: with ACK it is the other half of a simultaneous open, without ACK
    // ours was lost.
    if (!segment.has(tcp_flag::ack)) {
      next_ = 0;
      timed_end_.reset();
      return;
    }
    rest.flags &= static_cast<std::uint8_t>(~tcp_flag::syn);
    position = 1;
  }
  if (!acceptable(position, rest.length())) {
    if (rest.has(tcp_flag::rst)) return;
    if (state_ == TcpState::time_wait && rest.has(tcp_flag::fin)) {
      wait_at_ = now + options_.time_wait;  // our ACK of the FIN was lost
    }
    // A probe of a live connection, or data that came twice, is not a stranger's.
    if (rest.length() == 0 && position != received_to_ - 1) return challenge();
    keepalives_ = 0;
    ack_now_ = true;
    return;
  }
  if (rest.has(tcp_flag::rst)) {
    if (position != received_to_) return challenge();  // RFC 5961 §3.2
    return finish(synchronised() ? TcpEnd::reset : TcpEnd::refused);
  }
  if (rest.has(tcp_flag::syn)) return challenge();  // RFC 5961 §4.2
  if (!rest.has(tcp_flag::ack)) return;
  if (!take_ack(rest, position)) return;
  if (options_.keepalive.ns > 0 && keepalive_at_ != Time::never()) {
    keepalive_at_ = now + options_.keepalive;
    keepalives_ = 0;
  }
  soft_error_ = false;
  take_data(position, rest.payload);
  if (state_ == TcpState::closed) return;
  if (rest.has(tcp_flag::fin)) {
    fin_at_ = position + static_cast<std::int64_t>(rest.payload.size());
  }
  if (fin_at_ == received_to_) take_fin(*fin_at_);
}

void TcpConnection::receive_in_syn_sent(const TcpSegment& segment) {
  const bool acked = segment.has(tcp_flag::ack);
  if (acked && segment.ack != out_.number(1)) {
    if (!segment.has(tcp_flag::rst)) refuse(segment.ack);
    return;
  }
  if (segment.has(tcp_flag::rst)) {
    if (acked) finish(TcpEnd::refused);
    return;
  }
  if (!segment.has(tcp_flag::syn)) return;
  take_syn(segment);
  if (!acked) {  // both have called: simultaneous open
    state_ = TcpState::syn_received;
    next_ = high_ = 0;
    return;
  }
  ack_now_ = true;
  wl1_ = 0;
  advance(1);
  establish();
}

// What a SYN says for the whole connection.
void TcpConnection::take_syn(const TcpSegment& segment) {
  in_ = SequenceSpace(segment.seq);
  received_to_ = 1;
  offered_to_ = 1 + window_field(true);
  const std::int64_t theirs = segment.mss ? *segment.mss : default_mss(path_.family);
  mss_ = std::clamp(theirs, smallest_mss, mss_);
  if (segment.window_scale && options_.window_scale) {
    peer_shift_ = std::min(*segment.window_scale, max_window_shift);
  } else {
    own_shift_ = 0;
    options_.window_scale = false;
  }
  window_ = largest_window_ = segment.window;  // never scaled (RFC 7323 §2.2)
}

bool TcpConnection::acceptable(std::int64_t position, std::uint32_t length) const {
  if (length == 0 && position == received_to_) return true;
  const std::int64_t last = position + std::max<std::int64_t>(length, 1) - 1;
  return position < offered_to_ && last >= received_to_;
}

void TcpConnection::challenge() {
  if (challenged_at_ && now_ - *challenged_at_ < challenge_interval) return;
  challenged_at_ = now_;
  ack_now_ = true;
}

// An ACK of what was never sent, before the connection is established.
void TcpConnection::refuse(std::uint32_t ack) {
  rst_ = TcpSegment{.seq = ack, .flags = tcp_flag::rst};
}

// False if the segment is to be dropped.
bool TcpConnection::take_ack(const TcpSegment& segment, std::int64_t position) {
  const std::int64_t ack = out_.position(segment.ack, una_);
  if (state_ == TcpState::syn_received) {
    if (ack <= una_ || ack > high_) {
      refuse(segment.ack);
      return false;
    }
    wl1_ = position - 1;  // so that this segment's window counts
    advance(ack);
    establish();
    take_window(segment, position, ack);
    return true;
  }
  // RFC 5961 §5.2.
  if (ack > high_ || ack < una_ - std::max<std::int64_t>(largest_window_, max_unscaled_window)) {
    challenge();
    return false;
  }
  if (ack > una_) {
    advance(ack);
  } else if (ack == una_) {
    take_duplicate_ack(segment);
  }
  take_window(segment, position, ack);
  return true;
}

// New data, or our SYN or FIN, has been acknowledged.
void TcpConnection::advance(std::int64_t ack) {
  const std::int64_t acked = ack - una_;
  const std::int64_t flight = high_ - una_;
  una_ = ack;
  next_ = std::max(next_, una_);
  if (const std::int64_t bytes = std::min(una_, queued_end_) - queued_from(); bytes > 0) {
    outgoing_.drop(static_cast<std::size_t>(bytes));
    counters_.bytes_acked += static_cast<std::uint64_t>(bytes);
    if (was_full_) {
      was_full_ = false;
      tell(TcpEvent::writable);
    }
  }
  if (timed_end_ && *timed_end_ <= una_) {
    rto_.sample(now_ - timed_at_);
    timed_end_.reset();
  }
  retries_ = 0;
  retransmit_first_ = synchronised() && congestion_.acknowledged(acked, una_, flight, high_ - una_);
  const bool keeps_timer = retransmit_first_ && !congestion_.first_partial();
  if (next_ == una_) {
    rto_at_ = Time::never();  // armed again when something is sent
  } else if (!keeps_timer) {
    rto_at_ = now_ + rto_.rto();
  }
  if (closing_ && una_ == stream_end()) own_fin_acknowledged();
}

// RFC 5681 §2: an acknowledgement that says nothing but that something else came.
void TcpConnection::take_duplicate_ack(const TcpSegment& segment) {
  if (next_ == una_) {
    retries_ = 0;  // nothing is out: the peer has answered a probe
    return;
  }
  if (!segment.payload.empty() || segment.has(tcp_flag::fin)) return;
  if (std::int64_t{segment.window} << peer_shift_ != window_) return;
  if (!congestion_.duplicate(una_, high_)) return;
  ++counters_.fast_retransmits;
  retransmit_first_ = true;
}

void TcpConnection::take_window(const TcpSegment& segment, std::int64_t position,
                                std::int64_t ack) {
  if (wl1_ > position || (wl1_ == position && wl2_ > ack)) return;
  window_ = std::int64_t{segment.window} << peer_shift_;
  largest_window_ = std::max(largest_window_, window_);
  wl1_ = position;
  wl2_ = ack;
}

void TcpConnection::own_fin_acknowledged() {
  switch (state_) {
    case TcpState::fin_wait_1:
      state_ = TcpState::fin_wait_2;
      if (detached_) wait_at_ = now_ + options_.time_wait;
      break;
    case TcpState::closing:
      enter_time_wait();
      break;
    case TcpState::last_ack:
      finish(TcpEnd::finished);
      break;
    default:
      break;
  }
}

void TcpConnection::take_data(std::int64_t position, ByteView bytes) {
  if (bytes.empty() || state_ == TcpState::closed || peer_finished()) return;
  if (detached_) return reset_peer(TcpEnd::aborted);
  const std::int64_t before = std::max<std::int64_t>(received_to_ - position, 0);
  const std::int64_t end =
      std::min(position + static_cast<std::int64_t>(bytes.size()), offered_to_);
  bytes = bytes.subspan(static_cast<std::size_t>(before),
                        static_cast<std::size_t>(end - position - before));
  position += before;
  if (position > received_to_) {
    early_.insert(position, bytes);
    ack_now_ = true;  // a duplicate for the peer's fast retransmit (RFC 5681 §4.2)
    return;
  }
  // A gap that is filled, even in part, is told of at once.
  if (early_.empty()) {
    acknowledge_later();
  } else {
    ack_now_ = true;
  }
  received_.append(bytes);
  const std::int64_t from = received_to_;
  received_to_ = early_.take(received_to_ + static_cast<std::int64_t>(bytes.size()), received_);
  counters_.bytes_received += static_cast<std::uint64_t>(received_to_ - from);
  tell(TcpEvent::readable);
}

void TcpConnection::take_fin(std::int64_t position) {
  received_to_ = position + 1;
  offered_to_ = std::max(offered_to_, received_to_);
  ack_now_ = true;
  tell(TcpEvent::peer_finished);
  switch (state_) {
    case TcpState::established:
      state_ = TcpState::close_wait;
      break;
    case TcpState::fin_wait_1:
      state_ = TcpState::closing;
      break;
    case TcpState::fin_wait_2:
      enter_time_wait();
      break;
    default:
      break;
  }
}

// RFC 9293 §3.8.6.3: at least every second segment is acknowledged.
void TcpConnection::acknowledge_later() {
  if (++unacknowledged_ >= 2 || options_.delayed_ack.ns == 0) {
    ack_now_ = true;
  } else {
    ack_at_ = now_ + options_.delayed_ack;
  }
}

}  // namespace natsim::net
