// Finds out how the NAT in front of this machine behaves, by real sockets.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/result.h"
#include "stack/stun/behaviour_discovery.h"
#include "stack/stun/lifetime_ladder.h"
#include "tools/probe/port_policy.h"

namespace natsim::probe {

struct ProbeOptions {
  Endpoint server;                // with RFC 5780
  std::optional<IpAddress> bind;  // what is sent from; otherwise what the system would take
  bool lifetime = true;
  Duration longest_lifetime = seconds(300);
  Duration lifetime_resolution = seconds(1);
};

struct Findings {
  IpAddress local;  // that was sent from
  stun::BehaviourReport behaviour;
  std::vector<PortSample> samples;
  PortPolicy ports = PortPolicy::cannot_tell;
  // Of a binding that had one answer, and of one that was used each way for a few seconds; both
  // bounds unset: not tried, or it cannot be told.
  stun::BindingLifetime idle;
  stun::BindingLifetime stream;
};

// `progress` hears what is being tried, about once a second; may be empty. Fails if no socket can
// be had. Ends early, with what is known, when `stop` says so, asked about ten times a second.
Result<Findings> find_out(const ProbeOptions& options,
                          const std::function<void(const std::string&)>& progress,
                          const std::function<bool()>& stop);

}  // namespace natsim::probe
