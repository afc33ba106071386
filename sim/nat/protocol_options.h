// What a NAT does with TCP, ICMP, and packets that nobody asked for: the values of NatOptions.
#pragma once

#include <cstdint>

#include "stack/base/time.h"

namespace natsim::nat {

// How long an idle TCP connection is kept, by the state that the NAT has seen it reach. The
// defaults are the least that RFC 5382 REQ-5 allows: 2 h 4 min for established connections and 4
// min for transitory ones, which after both FINs or an RST are kept as long (RFC 7857 §2).
struct TcpTimeouts {
  Duration syn_sent = seconds(240);
  Duration syn_received = seconds(240);
  Duration established = seconds(7440);
  Duration fin_wait = seconds(240);    // one side has sent its FIN
  Duration close_wait = seconds(240);  // and it was acknowledged
  Duration last_ack = seconds(240);    // both have
  Duration time_wait = seconds(240);   // and both were acknowledged
  Duration closed = seconds(240);      // by an RST
};

// What a TCP segment meets that belongs to no connection known to the NAT and does not begin one.
enum class TcpMidstream : std::uint8_t {
  drop,
  reset,    // and the sender gets an RST
  pick_up,  // it is taken for part of an established connection
};

// What a SYN from outside gets that no mapping admits (RFC 5382 REQ-4).
enum class UnsolicitedSyn : std::uint8_t {
  drop,
  port_unreachable,  // ICMP, at once
  reset,             // at once
  // It is kept for 6 s. If the inside host sends its own SYN for the connection meanwhile, it is
  // dropped silently; otherwise it gets "port unreachable" then.
  hold,
};

// What UDP and ICMP queries from outside get that no mapping admits.
enum class Unsolicited : std::uint8_t {
  drop,
  port_unreachable,  // for UDP
  // The box takes the packet for its own, as Linux does where no rule of its firewall forbids it:
  // UDP gets "port unreachable" and an echo request its reply; and of UDP an entry remains, as long
  // as udp_timeout_new after the latest packet, with which no mapping's endpoint and remote may
  // collide.
  accept_local_and_track,
};

// What happens to ICMP errors about translated packets (RFC 5508 §4).
enum class IcmpErrors : std::uint8_t {
  translate,
  drop,
  pass_untranslated,  // the quoted packet is left as it was, the outer one is translated
};

}  // namespace natsim::nat
