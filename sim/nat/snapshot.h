// A NAT's table as plain values, for reports and scenarios.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/nat/transport.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace natsim::nat {

struct MappingSnapshot {
  std::uint64_t number;  // in order of creation, from 1
  Transport transport;
  Endpoint internal;
  std::optional<IpAddress> softwire;  // behind which the internal endpoint is, in an AFTR's table
  Endpoint external;
  // What the mapping is for, where it depends on the remote: its port is 0 if only the address
  // counts.
  std::optional<Endpoint> remote;
  Time created;
  Time refreshed;  // when its timer was last restarted
  Time expires;    // unless it is refreshed before
  std::uint64_t packets_out;
  std::uint64_t packets_in;
  // Whom the filter admits through this mapping alone, in the order in which they were sent to;
  // ports are 0 if only the address counts. Empty if it admits anyone.
  std::vector<Endpoint> filter;
};

// "192.0.2.1:3478", or "192.0.2.1" if the port is 0.
std::string remote_text(const Endpoint& remote);

// The table as text: a line of headings and a line for each mapping.
std::string natstat(std::span<const MappingSnapshot> mappings, Time now);

}  // namespace natsim::nat
