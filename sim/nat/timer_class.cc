#include "sim/nat/timer_class.h"

#include "sim/nat/timer_lists.h"

namespace natsim::nat {

std::vector<Duration> timer_lengths(const NatOptions& options) {
  const auto udp = [&](Duration phase) {
    return phase == Duration{} ? options.udp_timeout : phase;
  };
  const TcpTimeouts& tcp = options.tcp_timeouts;
  std::vector<Duration> lengths = {udp(options.udp_timeout_new),
                                   udp(options.udp_timeout_replied),
                                   udp(options.udp_timeout_stream),
                                   Duration{},
                                   options.icmp_query_timeout,
                                   tcp.syn_sent,
                                   tcp.syn_received,
                                   tcp.established,
                                   tcp.fin_wait,
                                   tcp.close_wait,
                                   tcp.last_ack,
                                   tcp.time_wait,
                                   tcp.closed,
                                   Duration{},
                                   endless,
                                   endless,
                                   endless};
  for (const PortTimeout& row : options.udp_port_timeouts) lengths.push_back(row.timeout);
  return lengths;
}

}  // namespace natsim::nat
