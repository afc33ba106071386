#include "sim/script/packet_choice.h"

namespace natsim::script {
namespace {

bool matches_class(StunClass wanted, stun::MessageClass found) {
  switch (wanted) {
    case StunClass::any:
      return true;
    case StunClass::request:
      return found == stun::MessageClass::request;
    case StunClass::indication:
      return found == stun::MessageClass::indication;
    case StunClass::success:
      return found == stun::MessageClass::success_response;
    case StunClass::error:
      return found == stun::MessageClass::error_response;
    case StunClass::response:
      return found == stun::MessageClass::success_response ||
             found == stun::MessageClass::error_response;
  }
  return false;
}

// Channel numbers are 0x4000 to 0x4fff (RFC 8656 §12).
bool is_channel_data(ByteView payload) { return payload.size() >= 4 && payload[0] >> 4 == 4; }

bool holds(const PortRange& range, std::uint16_t port) {
  return port >= range.first && port <= range.last;
}

bool matches_payload(const PacketMatch& wanted, ByteView payload) {
  const auto message = stun::looks_like_stun(payload) ? stun::MessageView::parse(payload)
                                                      : std::optional<stun::MessageView>();
  switch (wanted.protocol) {
    case Traffic::any:
    case Traffic::udp:
    case Traffic::tcp:
    case Traffic::icmp:
      break;
    case Traffic::stun:
      if (!message) return false;
      break;
    case Traffic::turn:
      if (message ? message->method() == stun::Method::binding : !is_channel_data(payload)) {
        return false;
      }
      break;
    case Traffic::data:
      if (message || is_channel_data(payload)) return false;
      break;
  }
  if (!wanted.method && wanted.stun_class == StunClass::any) return true;
  return message && (!wanted.method || *wanted.method == message->method()) &&
         matches_class(wanted.stun_class, message->message_class());
}

}  // namespace

bool matches(const PacketMatch& match, const net::Packet& packet, net::Direction direction) {
  if (match.direction && *match.direction != direction) return false;
  if (packet.size < match.min_size || packet.size > match.max_size) return false;
  if (match.source_ports && !holds(*match.source_ports, packet.source.port)) return false;
  if (match.destination_ports && !holds(*match.destination_ports, packet.destination.port)) {
    return false;
  }
  if (match.protocol == Traffic::icmp) return packet.is_icmp();
  if (match.protocol == Traffic::tcp) return packet.protocol == net::Protocol::tcp;
  const bool about_payload =
      match.protocol != Traffic::any || match.method || match.stun_class != StunClass::any;
  if (!about_payload) return true;
  return packet.protocol == net::Protocol::udp && matches_payload(match, packet.payload());
}

bool PacketChoice::chooses(const net::Packet& packet, net::Direction direction) {
  if (!matches(match_, packet, direction)) return false;
  ++matched_;
  if (matched_ < turns_.from || matched_ > turns_.to) return false;
  if ((matched_ - turns_.from + 1) % turns_.every != 0) return false;
  if (!random_.chance(turns_.probability)) return false;
  ++chosen_;
  return true;
}

}  // namespace natsim::script
