// How a TCP connection behaves: what a host's system or a program can set.
#pragma once

#include <cstdint>

#include "stack/base/time.h"

namespace natsim::net {

struct TcpOptions {
  // Retransmission (RFC 6298). All positive; min_rto and initial_rto at most max_rto.
  Duration initial_rto = seconds(1);  // before there is a measurement (2.1)
  Duration min_rto = seconds(1);      // (2.4)
  Duration max_rto = seconds(60);     // (2.5)
  // Retransmissions without an answer before a connection is given up: of a SYN, and of anything
  // else (R2 of RFC 9293 §3.8.3). Linux' numbers; 0 to 255.
  std::uint8_t syn_retries = 6;
  std::uint8_t data_retries = 15;

  // Congestion window of a new connection in segments, 1 to 1000 (RFC 6928).
  std::uint16_t initial_window = 10;
  // Whether a small segment waits for what is unacknowledged (RFC 9293 §3.7.4).
  bool nagle = true;
  // How long an acknowledgement may wait for a second segment or for data to ride on; less than
  // 500 ms (RFC 9293 §3.8.6.3). 0: every segment is acknowledged at once.
  Duration delayed_ack = milliseconds(40);

  // Bytes that the peer may send before the program reads them, 1 to 2^30 - 1 (RFC 7323 §2.3), and
  // that the program may hand over before they are acknowledged, at least 1.
  std::uint32_t receive_buffer = 262'144;
  std::uint32_t send_buffer = 262'144;
  // Whether windows beyond 65535 bytes are offered (RFC 7323 §2); otherwise they are cut there.
  bool window_scale = true;
  // The largest segment to ask the peer for, at least 28 (68 bytes with both headers); 0: what the
  // first link carries.
  std::uint16_t mss = 0;

  // Idle time before the first probe (RFC 9293 §3.8.4); 0: none. Then a probe each interval, and
  // the connection is given up when so many, at least 1, stay unanswered.
  Duration keepalive;
  Duration keepalive_interval = seconds(75);
  std::uint8_t keepalive_probes = 9;

  // 2 MSL: how long a connection that ended in order keeps its endpoints (RFC 9293 §3.6.1), and how
  // long one whose program has gone waits for the peer's FIN. Linux' number; not negative.
  Duration time_wait = seconds(60);
};

}  // namespace natsim::net
