// The smallest change that would have let a packet through.
#pragma once

#include <string>
#include <vector>

#include "sim/core/drop_reason.h"
#include "sim/record/nat_history.h"
#include "sim/record/packet_trails.h"

namespace natsim::record {

// A packet that a NAT's filter refused, and what was known then.
struct FilteredPacket {
  const NatRecord* nat = nullptr;
  const MappingRecord* mapping = nullptr;  // that it was for
  Endpoint source;                         // as the filter saw it
  Time at;
  core::DropReason reason = core::DropReason::none;  // nat_filtered_address or nat_filtered_port
  bool needs_answer = false;                         // a request: its answer must find back
  // Of an answer that counts only if it comes from there; unset if that does not matter.
  Endpoint expected_source;
  // The NAT that gave it its source and the mapping by which; null if none did.
  const NatRecord* sender_nat = nullptr;
  const MappingRecord* sender_mapping = nullptr;
};

// What was known of a dead packet; the nat and the mapping are null if its end was not a filter's
// doing.
FilteredPacket filtered_packet(const PacketTrail& trail, const NatHistory& nats);

// The changes of one behaviour of one NAT, each of which would have let it through; where there is
// none, the pairs of changes that would have. Clauses that end "What would have let it through:".
// Judged by what the NATs' tables held: whom the hosts had sent to by then.
std::vector<std::string> smallest_changes(const FilteredPacket& packet);

// Changes for the other reasons; empty where none is to be named.
std::vector<std::string> other_changes(const PacketTrail& trail, const NatHistory& nats);

}  // namespace natsim::record
