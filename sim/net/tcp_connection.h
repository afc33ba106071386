// One TCP connection (RFC 9293) as a machine without a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/net/byte_queue.h"
#include "sim/net/new_reno.h"
#include "sim/net/rto_estimator.h"
#include "sim/net/tcp_options.h"
#include "sim/net/tcp_reassembly.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/tcp_sequence.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::net {

// RFC 9293 §3.3.2. LISTEN is not a connection's state but a TcpListener.
enum class TcpState : std::uint8_t {
  closed,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

// How a connection ended.
enum class TcpEnd : std::uint8_t {
  none,         // it has not
  finished,     // both sides sent their FIN and had it acknowledged
  refused,      // an RST answered the SYN
  reset,        // an RST came later
  timed_out,    // the peer no longer answers
  unreachable,  // an ICMP error ended the handshake, or came while the peer no longer answered
  aborted,      // by the program, or because the program had gone when data came
};

// What a program may want to act upon. An event means that there is something new, not how often.
enum class TcpEvent : std::uint8_t {
  connected,
  readable,       // bytes have come
  writable,       // after `send` left no room: there is some again
  peer_finished,  // the peer's FIN: no bytes come after those that can be read now
  ended,          // see end()
};

struct TcpCounters {
  std::uint64_t bytes_sent = 0;      // of the program's, the first time that they were sent
  std::uint64_t bytes_acked = 0;     // of these
  std::uint64_t bytes_received = 0;  // in order, without a gap
  std::uint64_t segments_sent = 0;
  std::uint64_t segments_received = 0;
  std::uint64_t retransmissions = 0;   // segments that were sent again, in whole or in part
  std::uint64_t timeouts = 0;          // of the retransmission timer
  std::uint64_t fast_retransmits = 0;  // recoveries begun by duplicate acknowledgements
};

// Where a connection runs, as far as it has to know.
struct TcpPath {
  Family family = Family::ipv4;
  std::uint16_t mtu = 1500;  // of the first link
};

// A machine in the manner of stack/base/machine.h, but it speaks segments and is drained events
// first: so what a program reads at once is in the window of the acknowledgement.
//
// Contract:
// 1. It begins CLOSED and is opened once, by `connect` or by `accept`.
// 2. The program's calls are good in any state; what makes no sense there any more does nothing.
// 3. A segment from `poll_transmit` shows the machine's own bytes and is good until the next call.
// 4. In state CLOSED, after it was opened, it sends nothing more than what is left to poll.
//
// It does: options MSS and window scale, both ways of opening, simultaneous open, all orders of
// closing; retransmission by RFC 6298 with Karn's algorithm; NewReno; zero-window probes; Nagle's
// algorithm; delayed acknowledgements; keepalive; the checks of RFC 5961 on RST, SYN and ACK;
// path MTU discovery by ICMP (RFC 1191, RFC 8201) with RFC 5927's check of the quoted number.
// It leaves out: SACK, timestamps and PAWS, ECN, urgent data (read as ordinary), TCP Fast Open, SYN
// cookies, data on a SYN, probing for the path MTU without ICMP (RFC 4821), pacing, CUBIC, tail
// loss probes, authentication.
class TcpConnection {
 public:
  // `initial` is the initial send sequence number.
  TcpConnection(const TcpOptions& options, const TcpPath& path, std::uint32_t initial);

  // Active OPEN.
  void connect(Time now);
  // Passive OPEN by a SYN without ACK or RST that came to a listener.
  void accept(const TcpSegment& syn, Time now);

  // Takes bytes to be sent; how many, which is less than given if the send buffer is full, and none
  // after `close`.
  std::size_t send(ByteView bytes, Time now);
  [[nodiscard]] std::size_t readable() const { return received_.size(); }
  // Moves at most so many bytes to the program.
  Bytes read(std::size_t most, Time now);
  // No more bytes will be sent: FIN after those that were taken. The peer's are still received.
  void close(Time now);
  // As `close`, and nobody will read: data that has come or comes now is answered with RST
  // (RFC 2525 §2.17).
  void detach(Time now);
  // RST, and the end.
  void abort(Time now);

  void receive(const TcpSegment& segment, Time now);
  // An ICMP error that quotes a segment of this connection with the sequence number `seq`; `mtu` is
  // that of too_big.
  void receive_error(IcmpError error, std::uint32_t mtu, std::uint32_t seq, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<TcpEvent> poll_event();
  std::optional<TcpSegment> poll_transmit();

  [[nodiscard]] TcpState state() const { return state_; }
  [[nodiscard]] TcpEnd end() const { return end_; }
  [[nodiscard]] const TcpCounters& counters() const { return counters_; }
  [[nodiscard]] const RtoEstimator& rto() const { return rto_; }
  [[nodiscard]] const NewReno& congestion() const { return congestion_; }
  [[nodiscard]] std::int64_t peer_window() const { return window_; }  // SND.WND in bytes
  // Payload bytes of a full segment.
  [[nodiscard]] std::uint16_t segment_size() const { return static_cast<std::uint16_t>(mss_); }
  // Whether the peer's FIN has been taken: what can be read now is the last.
  [[nodiscard]] bool peer_finished() const { return fin_at_ && *fin_at_ < received_to_; }
  // Of what `send` took.
  [[nodiscard]] std::size_t unacknowledged_bytes() const { return outgoing_.size(); }
  // What `send` would take now.
  [[nodiscard]] std::size_t room() const;
  // Whether this SYN may open a new connection in place of one in TIME-WAIT (RFC 9293 §3.6.1).
  [[nodiscard]] bool gives_way_to(const TcpSegment& segment) const;

 private:
  // tcp_connection.cc
  void establish();
  void reset_peer(TcpEnd why);
  void give_up();
  void finish(TcpEnd why);
  void enter_time_wait();
  void tell(TcpEvent event) { events_ |= 1U << static_cast<unsigned>(event); }
  [[nodiscard]] bool synchronised() const { return state_ >= TcpState::established; }
  void retransmission_timeout();
  void keepalive_timeout();
  void lower_path_mtu(std::uint32_t mtu);

  // tcp_input.cc
  void receive_in_syn_sent(const TcpSegment& segment);
  void take_syn(const TcpSegment& segment);
  [[nodiscard]] bool acceptable(std::int64_t position, std::uint32_t length) const;
  void challenge();
  void refuse(std::uint32_t ack);
  bool take_ack(const TcpSegment& segment, std::int64_t position);
  void advance(std::int64_t ack);
  void take_duplicate_ack(const TcpSegment& segment);
  void take_window(const TcpSegment& segment, std::int64_t position, std::int64_t ack);
  void own_fin_acknowledged();
  void take_data(std::int64_t position, ByteView bytes);
  void take_fin(std::int64_t position);
  void acknowledge_later();

  // tcp_output.cc
  [[nodiscard]] TcpSegment make(std::int64_t position, std::uint8_t flags);
  [[nodiscard]] TcpSegment make_syn();
  [[nodiscard]] TcpSegment make_data(std::int64_t from, std::int64_t size, bool fin);
  std::optional<TcpSegment> next_data();
  [[nodiscard]] bool worth_sending(std::int64_t size, std::int64_t left, bool fin) const;
  void sent(std::int64_t from, std::int64_t end);
  [[nodiscard]] std::uint16_t window_field(bool syn);
  [[nodiscard]] std::int64_t window_to_offer() const;

  [[nodiscard]] std::int64_t queued_from() const {  // the position of the first byte kept
    return queued_end_ - static_cast<std::int64_t>(outgoing_.size());
  }
  // Behind everything that the program wants sent, its FIN included.
  [[nodiscard]] std::int64_t stream_end() const { return queued_end_ + (closing_ ? 1 : 0); }

  TcpOptions options_;
  TcpPath path_;
  TcpState state_ = TcpState::closed;
  TcpEnd end_ = TcpEnd::none;
  Time now_;                       // of the latest call
  std::uint32_t events_ = 0;       // a bit for each TcpEvent that has not been polled
  bool detached_ = false;          // nobody reads
  bool soft_error_ = false;        // an ICMP error came since the peer last answered
  std::optional<TcpSegment> rst_;  // to be sent
  TcpCounters counters_;

  // What goes out. Positions; una_ <= next_ <= high_.
  SequenceSpace out_;
  std::int64_t una_ = 0;         // SND.UNA
  std::int64_t next_ = 0;        // what is sent next; less than high_ while sending again
  std::int64_t high_ = 0;        // SND.NXT: the end of all that was ever sent
  ByteQueue outgoing_;           // taken from the program and not acknowledged
  std::int64_t queued_end_ = 1;  // the position behind it
  bool closing_ = false;         // FIN follows
  bool was_full_ = false;        // `send` left no room
  std::int64_t mss_;             // of what is sent
  std::int64_t window_ = 0;      // SND.WND
  std::int64_t largest_window_ = 0;
  std::int64_t wl1_ = 0;  // SND.WL1: the position of the segment that gave window_
  std::int64_t wl2_ = 0;  // SND.WL2: and what it acknowledged
  std::uint8_t peer_shift_ = 0;
  NewReno congestion_;
  RtoEstimator rto_;
  std::optional<std::int64_t> timed_end_;  // the end of the segment whose round trip is measured
  Time timed_at_;                          // when it was sent
  Time last_sent_;                         // data, for restarting after an idle time
  int retries_ = 0;                        // timeouts without an answer in between
  bool retransmit_first_ = false;          // send the first unacknowledged segment
  bool forced_ = false;                    // send though it is too small or the window is shut
  int probes_ = 0;                         // sent into the shut window
  bool keepalive_due_ = false;             // send a keepalive probe
  int keepalives_ = 0;                     // probes without an answer

  // What comes in. Positions.
  SequenceSpace in_;
  std::int64_t received_to_ = 0;  // RCV.NXT
  std::int64_t offered_to_ = 0;   // the right edge of the window that the peer knows
  ByteQueue received_;            // in order, not read
  TcpReassembly early_;
  std::optional<std::int64_t> fin_at_;  // the position of the peer's FIN, once known
  std::uint8_t own_shift_ = 0;
  bool ack_now_ = false;
  int unacknowledged_ = 0;             // segments of data since the last acknowledgement
  std::optional<Time> challenged_at_;  // when a stranger's segment was last answered

  // Deadlines; Time::never() while there is none.
  Time rto_at_ = Time::never();
  Time probe_at_ = Time::never();  // of the shut window, or of a segment held back
  Time ack_at_ = Time::never();    // of a delayed acknowledgement
  Time keepalive_at_ = Time::never();
  Time wait_at_ = Time::never();  // of TIME-WAIT, or of FIN-WAIT-2 without a program
};

// "ESTABLISHED", as RFC 9293 writes it.
std::string_view name(TcpState state);
// One clause for people: "refused".
std::string_view name(TcpEnd end);

}  // namespace natsim::net
