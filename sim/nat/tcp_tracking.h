// The state of a TCP connection as a box on the way sees it (RFC 5382 §5, RFC 7857 §2).
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/nat/timer_class.h"
#include "sim/net/tcp_segment.h"

namespace natsim::nat {

// Which side of the NAT a segment comes from.
enum class TcpSide : std::uint8_t { inside, outside };

// From both ends together. What is acknowledged is what a segment from the other side has
// acknowledged.
enum class TcpState : std::uint8_t {
  syn_sent,      // no SYN was acknowledged; with two of them it is a simultaneous open
  syn_received,  // one was
  established,   // both were
  fin_wait,      // one side has sent its FIN
  close_wait,    // and it was acknowledged
  last_ack,      // both have
  time_wait,     // and both were acknowledged
  closed,        // an RST was seen
};

std::string_view to_string(TcpState state);

constexpr TimerClass timer_of(TcpState state) {
  switch (state) {
    case TcpState::syn_sent:
      return TimerClass::tcp_syn_sent;
    case TcpState::syn_received:
      return TimerClass::tcp_syn_received;
    case TcpState::established:
      return TimerClass::tcp_established;
    case TcpState::fin_wait:
      return TimerClass::tcp_fin_wait;
    case TcpState::close_wait:
      return TimerClass::tcp_close_wait;
    case TcpState::last_ack:
      return TimerClass::tcp_last_ack;
    case TcpState::time_wait:
      return TimerClass::tcp_time_wait;
    case TcpState::closed:
      break;
  }
  return TimerClass::tcp_closed;
}

// Contract:
// 1. It is told every segment that passes, and judges none: windows are the ends' matter. It takes
//    acknowledgements of a SYN or FIN by their numbers alone.
// 2. An RST may be forged (RFC 7857 §2.2), so what was known before it is kept.
// 3. A SYN without ACK begins a new connection where the old one is in time_wait or closed.
class TcpTracking {
 public:
  // A connection of which nothing was seen. The first segment is then `receive`d like all others.
  TcpTracking() = default;
  // One that was established before the NAT saw any of it.
  static TcpTracking under_way();

  // `revives`: a segment that is not an RST puts a closed connection back to what it was before the
  // RST (RFC 6146 §3.5.2.2).
  void receive(TcpSide from, const net::TcpSegment& segment, bool revives);

  [[nodiscard]] TcpState state() const;
  // Whether `side` has sent a SYN.
  [[nodiscard]] bool has_syn(TcpSide side) const { return half(side).syn; }
  // Whether `side` has sent nothing, and the other one its SYN.
  [[nodiscard]] bool awaits_answer_of(TcpSide side) const {
    return !reset_ && !half(side).seen && halves_[1 - static_cast<std::size_t>(side)].syn;
  }
  // The sequence number that `side` would send next, as far as was seen.
  [[nodiscard]] std::uint32_t next_seq(TcpSide side) const { return half(side).next_seq; }

 private:
  // What one side has sent.
  struct Half {
    std::uint32_t next_seq = 0;
    std::uint32_t syn_end = 0;  // the number after its SYN
    std::uint32_t fin_end = 0;  // and after its FIN
    bool seen = false;          // next_seq is known
    bool syn = false;
    bool syn_acknowledged = false;
    bool fin = false;
    bool fin_acknowledged = false;
  };

  [[nodiscard]] const Half& half(TcpSide side) const {
    return halves_[static_cast<std::size_t>(side)];
  }
  void acknowledge(Half& sender, std::uint32_t ack) const;

  Half halves_[2];  // by TcpSide
  bool reset_ = false;
};

}  // namespace natsim::nat
