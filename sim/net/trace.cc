#include "sim/net/trace.h"

namespace natsim::net {

void tell(core::World& world, core::PacketStep step, core::DropReason reason, core::ObjectId where,
          const Packet& packet, std::string_view note, const Endpoint& old_source,
          const Endpoint& old_destination) {
  world.events().tell_packet({.at = world.now(),
                              .step = step,
                              .reason = reason,
                              .where = where,
                              .packet = packet.id,
                              .protocol = static_cast<std::uint8_t>(packet.protocol),
                              .source = packet.source,
                              .destination = packet.destination,
                              .old_source = old_source,
                              .old_destination = old_destination,
                              .datagram = packet.datagram(),
                              .note = note});
}

}  // namespace natsim::net
