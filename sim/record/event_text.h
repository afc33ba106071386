// What agents' events and NATs' table changes say, for people.
#pragma once

#include <string>

#include "sim/core/event.h"

namespace natsim::record {

std::string to_string(const core::Field& field);

// One clause: "srflx candidate 198.51.100.7:41234 (base 192.168.1.5:5000)". Kinds without a
// sentence of their own are told as "turn.allocated: relayed 203.0.113.10:49152".
std::string describe_agent_event(const core::AgentEvent& event);

// One clause: "mapping 1 made: 192.168.1.5:5000 <-> 198.51.100.7:41234, for 203.0.113.10:3478".
std::string describe_mapping_event(const core::MappingEvent& event);

}  // namespace natsim::record
