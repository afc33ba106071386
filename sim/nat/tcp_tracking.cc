#include "sim/nat/tcp_tracking.h"

namespace natsim::nat {

namespace flag = net::tcp_flag;

namespace {

// Sequence numbers are compared modulo 2^32 (RFC 9293 §3.4).
constexpr bool reaches(std::uint32_t number, std::uint32_t goal) {
  return static_cast<std::int32_t>(number - goal) >= 0;
}

}  // namespace

std::string_view to_string(TcpState state) {
  switch (state) {
    case TcpState::syn_sent:
      return "SYN sent";
    case TcpState::syn_received:
      return "SYN received";
    case TcpState::established:
      return "established";
    case TcpState::fin_wait:
      return "one side closed";
    case TcpState::close_wait:
      return "one side closed and acknowledged";
    case TcpState::last_ack:
      return "both sides closed";
    case TcpState::time_wait:
      return "both sides closed and acknowledged";
    case TcpState::closed:
      break;
  }
  return "reset";
}

TcpTracking TcpTracking::under_way() {
  TcpTracking tracking;
  for (Half& half : tracking.halves_) half.syn = half.syn_acknowledged = true;
  return tracking;
}

void TcpTracking::acknowledge(Half& sender, std::uint32_t ack) const {
  if (sender.syn && !sender.syn_acknowledged) {
    sender.syn_acknowledged = reaches(ack, sender.syn_end);
  }
  if (sender.fin && !sender.fin_acknowledged) {
    sender.fin_acknowledged = reaches(ack, sender.fin_end);
  }
}

void TcpTracking::receive(TcpSide from, const net::TcpSegment& segment, bool revives) {
  if (segment.has(flag::rst)) {
    reset_ = true;
    return;
  }
  const bool opens = segment.has(flag::syn) && !segment.has(flag::ack);
  const TcpState before = state();
  if (opens && (before == TcpState::time_wait || before == TcpState::closed)) *this = {};
  if (reset_) {
    if (!revives) return;
    reset_ = false;
  }

  Half& sender = halves_[static_cast<std::size_t>(from)];
  const std::uint32_t end = segment.seq + segment.length();
  if (segment.has(flag::syn) && !sender.syn_acknowledged) {
    sender.syn = true;
    sender.syn_end = segment.seq + 1;
    sender.seen = false;  // another attempt may have another number
  }
  if (segment.has(flag::fin) && sender.syn) {
    sender.fin = true;
    sender.fin_end = end;
  }
  if (!sender.seen || reaches(end, sender.next_seq)) sender.next_seq = end;
  sender.seen = true;
  if (segment.has(flag::ack)) acknowledge(halves_[1 - static_cast<std::size_t>(from)], segment.ack);
}

TcpState TcpTracking::state() const {
  const auto& [inside, outside] = halves_;
  if (reset_) return TcpState::closed;
  if (inside.fin && outside.fin) {
    return inside.fin_acknowledged && outside.fin_acknowledged ? TcpState::time_wait
                                                               : TcpState::last_ack;
  }
  if (inside.fin || outside.fin) {
    return inside.fin_acknowledged || outside.fin_acknowledged ? TcpState::close_wait
                                                               : TcpState::fin_wait;
  }
  if (inside.syn_acknowledged && outside.syn_acknowledged) return TcpState::established;
  return inside.syn_acknowledged || outside.syn_acknowledged ? TcpState::syn_received
                                                             : TcpState::syn_sent;
}

}  // namespace natsim::nat
