#include "sim/net/tcp_connection.h"

#include <algorithm>

namespace natsim::net {
namespace {

std::int64_t header_sizes(Family family) {
  return tcp_header_size + (family == Family::ipv4 ? ipv4_header_size : ipv6_header_size);
}

// The smallest MTU that an IPv4 or IPv6 link may have (RFC 791, RFC 8200 §5).
std::int64_t smallest_mtu(Family family) { return family == Family::ipv4 ? 68 : 1280; }

std::uint8_t shift_for(const TcpOptions& options) {
  std::uint8_t shift = 0;
  while (shift < max_window_shift && options.receive_buffer >> shift > max_unscaled_window) {
    ++shift;
  }
  return options.window_scale ? shift : std::uint8_t{0};
}

}  // namespace

TcpConnection::TcpConnection(const TcpOptions& options, const TcpPath& path, std::uint32_t initial)
    : options_(options),
      path_(path),
      out_(initial),
      mss_(path.mtu - header_sizes(path.family)),
      rto_(options),
      own_shift_(shift_for(options)) {
  if (options_.mss == 0 || options_.mss > mss_) options_.mss = segment_size();
}

void TcpConnection::connect(Time now) {
  now_ = now;
  state_ = TcpState::syn_sent;
}

void TcpConnection::accept(const TcpSegment& syn, Time now) {
  now_ = now;
  state_ = TcpState::syn_received;
  ++counters_.segments_received;
  take_syn(syn);
}

std::size_t TcpConnection::room() const {
  if (closing_ || state_ == TcpState::closed) return 0;
  return options_.send_buffer - std::min<std::size_t>(options_.send_buffer, outgoing_.size());
}

std::size_t TcpConnection::send(ByteView bytes, Time now) {
  now_ = now;
  const std::size_t taken = std::min(bytes.size(), room());
  outgoing_.append(bytes.first(taken));
  queued_end_ += static_cast<std::int64_t>(taken);
  was_full_ = !closing_ && room() == 0;
  return taken;
}

Bytes TcpConnection::read(std::size_t most, Time now) {
  now_ = now;
  // A window that unread bytes had shut by half or more is told of when it is twice as wide; what
  // is read as it comes is told by the acknowledgements alone.
  const bool was_shut = received_.size() * 2 >= options_.receive_buffer;
  const ByteView bytes = received_.view(0, std::min(most, received_.size()));
  Bytes result(bytes.begin(), bytes.end());
  received_.drop(result.size());
  const std::int64_t known = offered_to_ - received_to_;
  if (was_shut && synchronised() && !peer_finished() && window_to_offer() > known &&
      window_to_offer() >= known * 2) {
    ack_now_ = true;
  }
  return result;
}

void TcpConnection::close(Time now) {
  now_ = now;
  if (closing_) return;
  switch (state_) {
    case TcpState::syn_sent:
      return finish(TcpEnd::aborted);
    case TcpState::syn_received:
      closing_ = true;  // FIN-WAIT-1 follows when it is established
      break;
    case TcpState::established:
      closing_ = true;
      state_ = TcpState::fin_wait_1;
      break;
    case TcpState::close_wait:
      closing_ = true;
      state_ = TcpState::last_ack;
      break;
    default:
      break;
  }
}

void TcpConnection::detach(Time now) {
  now_ = now;
  detached_ = true;
  if (received_.size() > 0) return abort(now);
  close(now);
  if (state_ == TcpState::fin_wait_2) wait_at_ = now + options_.time_wait;
}

void TcpConnection::abort(Time now) {
  now_ = now;
  reset_peer(TcpEnd::aborted);
}

void TcpConnection::reset_peer(TcpEnd why) {
  switch (state_) {
    case TcpState::syn_received:
    case TcpState::established:
    case TcpState::fin_wait_1:
    case TcpState::fin_wait_2:
    case TcpState::close_wait:
      rst_ = make(high_, tcp_flag::rst | tcp_flag::ack);
      break;
    default:
      break;
  }
  if (state_ != TcpState::closed) finish(why);
}

void TcpConnection::establish() {
  state_ = closing_ ? TcpState::fin_wait_1 : TcpState::established;
  const bool syn_was_lost = counters_.timeouts > 0;
  // RFC 6928 §2; one segment if the handshake lost one of its own (RFC 5681 §3.1).
  const std::int64_t segments = syn_was_lost ? 1 : options_.initial_window;
  congestion_.start(mss_, std::min(segments * mss_, std::max(2 * mss_, segments * 1460)));
  if (syn_was_lost) rto_.restart_after_lost_syn();
  if (options_.keepalive.ns > 0) keepalive_at_ = now_ + options_.keepalive;
  tell(TcpEvent::connected);
}

void TcpConnection::finish(TcpEnd why) {
  state_ = TcpState::closed;
  if (end_ == TcpEnd::none) {
    end_ = why;
    tell(TcpEvent::ended);
  }
  rto_at_ = probe_at_ = ack_at_ = keepalive_at_ = wait_at_ = Time::never();
  ack_now_ = retransmit_first_ = forced_ = keepalive_due_ = false;
}

void TcpConnection::give_up() { finish(soft_error_ ? TcpEnd::unreachable : TcpEnd::timed_out); }

void TcpConnection::enter_time_wait() {
  state_ = TcpState::time_wait;
  rto_at_ = probe_at_ = keepalive_at_ = Time::never();
  wait_at_ = now_ + options_.time_wait;
  end_ = TcpEnd::finished;
  tell(TcpEvent::ended);
}

bool TcpConnection::gives_way_to(const TcpSegment& segment) const {
  return state_ == TcpState::time_wait && segment.has(tcp_flag::syn) &&
         !segment.has(tcp_flag::ack | tcp_flag::rst) &&
         in_.position(segment.seq, received_to_) > received_to_;
}

std::optional<TcpEvent> TcpConnection::poll_event() {
  if (events_ == 0) return std::nullopt;
  const auto first = static_cast<unsigned>(__builtin_ctz(events_));
  events_ &= ~(1U << first);
  return static_cast<TcpEvent>(first);
}

Time TcpConnection::next_timeout() const {
  return std::min({rto_at_, probe_at_, ack_at_, keepalive_at_, wait_at_});
}

void TcpConnection::handle_timeout(Time now) {
  now_ = now;
  if (wait_at_ <= now) return finish(TcpEnd::timed_out);
  if (ack_at_ <= now) {
    ack_at_ = Time::never();
    ack_now_ = true;
  }
  if (rto_at_ <= now) retransmission_timeout();
  if (probe_at_ <= now) {
    probe_at_ = Time::never();
    forced_ = true;
    if (++retries_ > options_.data_retries) return give_up();
  }
  if (keepalive_at_ <= now) keepalive_timeout();
}

void TcpConnection::retransmission_timeout() {
  rto_at_ = Time::never();
  ++counters_.timeouts;
  if (++retries_ > (synchronised() ? options_.data_retries : options_.syn_retries)) {
    return give_up();
  }
  if (synchronised()) congestion_.timed_out(high_ - una_, high_, retries_ > 1);
  rto_.back_off();
  timed_end_.reset();
  retransmit_first_ = false;
  next_ = una_;
}

void TcpConnection::keepalive_timeout() {
  if (una_ < high_) {  // the retransmission timer asks already
    keepalive_at_ = now_ + options_.keepalive;
    return;
  }
  if (keepalives_ == options_.keepalive_probes) return reset_peer(TcpEnd::timed_out);
  ++keepalives_;
  keepalive_due_ = true;
  keepalive_at_ = now_ + options_.keepalive_interval;
}

void TcpConnection::receive_error(IcmpError error, std::uint32_t mtu, std::uint32_t seq, Time now) {
  now_ = now;
  // RFC 5927 §4.1: only what is in flight can have met an error.
  const std::int64_t position = out_.position(seq, una_);
  if (state_ == TcpState::closed || position < una_ || position >= high_) return;
  if (error == IcmpError::too_big) return lower_path_mtu(mtu);
  soft_error_ = true;
  // The others are soft: the network may mend itself (RFC 9293 §3.9.2.2).
  const bool hard = error == IcmpError::port_unreachable || error == IcmpError::admin_prohibited;
  if (hard && !synchronised()) finish(TcpEnd::unreachable);
}

void TcpConnection::lower_path_mtu(std::uint32_t mtu) {
  // A router that does not say which: what every IPv4 host takes (RFC 1191 §5).
  if (mtu == 0) mtu = 576;
  const std::int64_t fitting =
      std::max<std::int64_t>(mtu, smallest_mtu(path_.family)) - header_sizes(path_.family);
  if (fitting >= mss_ || !synchronised()) return;
  mss_ = fitting;
  congestion_.set_mss(mss_);
  // What was too large is sent again at once, and was not lost by congestion (RFC 1191 §6.5).
  next_ = una_;
  timed_end_.reset();
}

std::string_view name(TcpState state) {
  switch (state) {
    case TcpState::closed:
      return "CLOSED";
    case TcpState::syn_sent:
      return "SYN-SENT";
    case TcpState::syn_received:
      return "SYN-RECEIVED";
    case TcpState::established:
      return "ESTABLISHED";
    case TcpState::fin_wait_1:
      return "FIN-WAIT-1";
    case TcpState::fin_wait_2:
      return "FIN-WAIT-2";
    case TcpState::close_wait:
      return "CLOSE-WAIT";
    case TcpState::closing:
      return "CLOSING";
    case TcpState::last_ack:
      return "LAST-ACK";
    case TcpState::time_wait:
      return "TIME-WAIT";
  }
  return {};
}

std::string_view name(TcpEnd end) {
  switch (end) {
    case TcpEnd::none:
      return "open";
    case TcpEnd::finished:
      return "finished";
    case TcpEnd::refused:
      return "refused";
    case TcpEnd::reset:
      return "reset";
    case TcpEnd::timed_out:
      return "timed out";
    case TcpEnd::unreachable:
      return "unreachable";
    case TcpEnd::aborted:
      return "aborted";
  }
  return {};
}

}  // namespace natsim::net
