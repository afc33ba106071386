// Telling a packet's story: the functions through which every step and every drop goes.
#pragma once

#include <string>
#include <string_view>

#include "sim/core/world.h"
#include "sim/net/packet.h"

namespace natsim::net {

// Tells listeners of a step whose folding has been done.
void tell(core::World& world, core::PacketStep step, core::DropReason reason, core::ObjectId where,
          const Packet& packet, std::string_view note, const Endpoint& old_source,
          const Endpoint& old_destination);

// What stands for the packet's bytes in the digest: the transport's checksum covers the payload,
// the ports, the addresses and the length. TCP has it further back than the others.
inline std::uint64_t content_of(const Packet& packet) {
  const std::uint8_t* const transport = packet.data() + packet.transport_offset;
  const bool tcp = packet.protocol == Protocol::tcp && packet.size >= packet.transport_offset + 20;
  return std::uint64_t{load_be32(transport)} << 32 | load_be32(transport + (tcp ? 16 : 4));
}

// Records that `packet` took a step at `where`.
inline void trace(core::World& world, core::PacketStep step, core::ObjectId where,
                  const Packet& packet) {
  core::EventStream& events = world.events();
  events.fold_packet(world.now(), step, core::DropReason::none, where, packet.id,
                     content_of(packet));
  if (events.listened()) [[unlikely]] {
    tell(world, step, core::DropReason::none, where, packet, {}, {}, {});
  }
}

// Records that a NAT at `where` rewrote `packet`; `note` tells which mapping and is built only if
// somebody reads it.
template <typename Note>
void trace_translation(core::World& world, core::ObjectId where, const Packet& packet,
                       const Endpoint& old_source, const Endpoint& old_destination, Note&& note) {
  core::EventStream& events = world.events();
  events.fold_packet(world.now(), core::PacketStep::translated, core::DropReason::none, where,
                     packet.id, content_of(packet));
  if (events.listened()) [[unlikely]] {
    const auto say = [&](std::string_view text) {
      tell(world, core::PacketStep::translated, core::DropReason::none, where, packet, text,
           old_source, old_destination);
    };
    events.notes_read() ? say(note()) : say({});
  }
}

// Records a step that a note tells more about, which is built only if somebody reads it.
template <typename Note>
void trace_step(core::World& world, core::PacketStep step, core::ObjectId where,
                const Packet& packet, Note&& note) {
  core::EventStream& events = world.events();
  events.fold_packet(world.now(), step, core::DropReason::none, where, packet.id,
                     content_of(packet));
  if (events.listened()) [[unlikely]] {
    const auto say = [&](std::string_view text) {
      tell(world, step, core::DropReason::none, where, packet, text, {}, {});
    };
    events.notes_read() ? say(note()) : say({});
  }
}

// Every packet that dies, dies here: counts and records the reason. `note` says which table entry
// or rule it was and is built only if somebody listens. The packet's memory is the caller's.
template <typename Note>
void trace_drop(core::World& world, core::ObjectId where, const Packet& packet,
                core::DropReason reason, Note&& note) {
  core::EventStream& events = world.events();
  events.count_drop(reason);
  events.fold_packet(world.now(), core::PacketStep::dropped, reason, where, packet.id,
                     content_of(packet));
  if (events.listened()) [[unlikely]] {
    tell(world, core::PacketStep::dropped, reason, where, packet, note(), {}, {});
  }
}

inline void trace_drop(core::World& world, core::ObjectId where, const Packet& packet,
                       core::DropReason reason) {
  trace_drop(world, where, packet, reason, [] { return std::string_view(); });
}

}  // namespace natsim::net
