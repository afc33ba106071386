// The timers that a mapping can be on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/nat/options.h"
#include "stack/base/time.h"

namespace natsim::nat {

// All timers of a class have one length, which the options say. UDP: RFC 4787 §4.3; TCP: RFC 5382
// §5 and RFC 7857 §2; ICMP queries: RFC 5508 §3.2.
enum class TimerClass : std::uint8_t {
  udp_new,              // nothing has come in yet
  udp_replied,          // something has
  udp_stream,           // and it is older than udp_stream_after
  icmp_query_answered,  // where the first reply ends it
  icmp_query,
  tcp_syn_sent,
  tcp_syn_received,
  tcp_established,
  tcp_fin_wait,
  tcp_close_wait,
  tcp_last_ack,
  tcp_time_wait,
  tcp_closed,   // by RST
  tcp_refused,  // by RST in answer to the SYN, where that ends it
  // Of a mapping, which goes with the last of its connections, before and after anything has come
  // in; endless.
  tcp_mapping_new,
  tcp_mapping_replied,
  udp_mapping,  // of a mapping whose sessions have the timers; endless
  count_,       // from here on: of UDP to the ports of udp_port_timeouts
};

// Of the k-th of udp_port_timeouts.
constexpr TimerClass udp_port_timer(std::size_t k) {
  return static_cast<TimerClass>(static_cast<std::size_t>(TimerClass::count_) + k);
}

// The lengths by class.
std::vector<Duration> timer_lengths(const NatOptions& options);

}  // namespace natsim::nat
