// What a datagram says, for people: "STUN Binding success, you are 198.51.100.7:41234".
#pragma once

#include <string>

#include "sim/core/event.h"
#include "stack/base/bytes.h"

namespace natsim::record {

// The payload of a UDP datagram over IPv4 or IPv6; empty for anything else.
ByteView udp_payload(ByteView datagram);

// The data that a TURN framing carries: of a Send or Data indication or a ChannelData message. Any
// other payload is returned as it is.
ByteView without_turn_framing(ByteView payload);

// One clause, without the addresses of the IP and UDP headers: STUN and TURN by method, class and
// what they are about, what is carried in TURN framing, NAT-PMP and PCP, ICMP errors; "data, 160
// bytes" for the rest.
std::string describe_datagram(const core::PacketEvent& event);
std::string describe_payload(ByteView payload);

}  // namespace natsim::record
