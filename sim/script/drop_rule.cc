#include "sim/script/drop_rule.h"

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

bool matches_payload(const DropRule& rule, ByteView payload) {
  const auto message = stun::looks_like_stun(payload) ? stun::MessageView::parse(payload)
                                                      : std::optional<stun::MessageView>();
  switch (rule.protocol) {
    case Traffic::any:
    case Traffic::udp:
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
  if (!rule.method && rule.stun_class == StunClass::any) return true;
  return message && (!rule.method || *rule.method == message->method()) &&
         matches_class(rule.stun_class, message->message_class());
}

}  // namespace

bool matches(const DropRule& rule, const net::Packet& packet, net::Direction direction) {
  if (rule.direction && *rule.direction != direction) return false;
  if (rule.protocol == Traffic::icmp) return packet.is_icmp();
  const bool about_payload =
      rule.protocol != Traffic::any || rule.method || rule.stun_class != StunClass::any;
  if (!about_payload) return true;
  return packet.protocol == net::Protocol::udp && matches_payload(rule, packet.payload());
}

bool Dropper::drops(const net::Packet& packet, net::Direction direction) {
  if (!matches(rule_, packet, direction)) return false;
  ++matched_;
  if (matched_ < rule_.from || matched_ > rule_.to) return false;
  if ((matched_ - rule_.from + 1) % rule_.every != 0) return false;
  if (!random_.chance(rule_.probability)) return false;
  ++dropped_;
  return true;
}

}  // namespace natsim::script
