// Where an event happened, in the terms of the network.
#pragma once

#include <string>
#include <string_view>

#include "sim/core/world.h"
#include "sim/net/interface.h"
#include "sim/net/node.h"

namespace natsim::record {

enum class NodeKind : std::uint8_t { host, router, nat };

NodeKind kind_of(const net::Node& node);

// The node that an object is or belongs to: an interface's own, the one that a link's direction
// leads away from. Null for what is no part of the network, such as an agent.
const net::Node* node_of(const core::World& world, core::ObjectId object);

// For reports: a node's name ("alice.nat"), also for its interfaces; "the link from alice to
// alice.nat"; an agent's own name; "object 7" for one that is gone.
std::string place_name(const core::World& world, core::ObjectId object);

// The host of an agent's name: "alice" of "alice/ice".
std::string_view host_name(std::string_view agent);

// "alice/0" for an interface; "alice.nat inside" and "alice.nat outside" for the sides of a NAT,
// with the interface's number if there are several on that side: "alice.nat inside 2".
std::string tap_name(const net::Interface& interface);

// "alice#34": the name of the node that made the packet, and that node's own count.
std::string packet_name(const core::World& world, core::PacketId packet);

}  // namespace natsim::record
