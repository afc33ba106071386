// What can happen in a world, as plain values: the one stream from which captures, timelines,
// explanations and reports are made.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "sim/core/drop_reason.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace natsim::core {

// Numbers an object (node, interface, link, agent …) of one world in order of creation, from 1.
using ObjectId = std::uint32_t;

// Names one packet for its whole life, translations included: the creator's ObjectId in the upper
// 24 bits and the creator's own count below, so that other nodes' packets do not renumber it.
using PacketId = std::uint64_t;

enum class PacketStep : std::uint8_t {
  created,     // a host, router or NAT made it; `where` is that node
  egress,      // handed to a link; `where` is the interface that it leaves by
  ingress,     // came out of a link; `where` is the interface that it arrived at
  translated,  // a NAT rewrote it; `where` is the NAT
  copied,      // made as another packet's copy, with an id of its own; `where` is link or interface
  impaired,   // changed, cut or held up on its way, at a link, an interface or a node; see the note
  delivered,  // given to a socket; `where` is the host
  dropped,    // `where` is the object that dropped it
};

// A step in a packet's life. The views are valid during the call only.
struct PacketEvent {
  Time at;
  PacketStep step;
  DropReason reason;  // `none` unless dropped
  ObjectId where;
  PacketId packet;
  std::uint8_t protocol;  // IP protocol number
  Endpoint source;        // as in the datagram now; ports are 0 where the protocol has none
  Endpoint destination;
  Endpoint old_source;  // before the rewrite, in `translated` only
  Endpoint old_destination;
  ByteView datagram;      // the whole IP datagram
  std::string_view note;  // details for people: which table entry, which rule; may be empty, and
                          // unless dropped is if nobody reads it
};

enum class MappingStep : std::uint8_t {
  created,
  refreshed,  // by the packet that is being translated
  filter_opened,
  filter_closed,  // for `remote`, while the mapping lives on
  expired,
  evicted,
  refused,     // none could be made; `reason` says why
  shadowed,    // the box took a packet for its own: no mapping may have this external endpoint and
               // remote
  unshadowed,  // some may again
};

// A change of a NAT's table.
struct MappingEvent {
  Time at;
  MappingStep step;
  DropReason reason;  // of refused and evicted: why; otherwise `none`
  ObjectId nat;
  std::uint64_t mapping;  // numbers the NAT's mappings in order of creation, from 1
  std::uint8_t protocol;
  Endpoint internal;
  IpAddress softwire = {};  // an AFTR's, behind which the internal endpoint is; otherwise ::
  Endpoint external;
  Endpoint remote;  // whom the packet that caused it came from or goes to
  Time expires;     // when the mapping ends unless something refreshes it
};

// One named value of an agent's event.
struct Field {
  std::string_view name;
  std::variant<std::int64_t, std::string_view, Endpoint, Duration> value;
};

// Something that a protocol machine or a scenario reports, such as "ice.pair_failed". The views
// are valid during the call only.
struct AgentEvent {
  Time at;
  ObjectId agent;
  std::string_view kind;  // "<protocol>.<what>", lower case
  std::span<const Field> fields;
};

// Receives every event of a world, in order. An override must not change the world.
class EventListener {
 public:
  virtual ~EventListener() = default;
  // Whether it reads the notes of packets that are not dropped. If no listener does they are empty:
  // a NAT tells of every packet which mapping it went by. Always the same of one listener.
  [[nodiscard]] virtual bool reads_notes() const { return true; }
  virtual void on_packet(const PacketEvent& /*event*/) {}
  virtual void on_mapping(const MappingEvent& /*event*/) {}
  virtual void on_agent(const AgentEvent& /*event*/) {}
};

}  // namespace natsim::core
