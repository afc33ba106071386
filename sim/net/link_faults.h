// What only links with faults keep.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "sim/core/scheduler.h"
#include "sim/net/link.h"

namespace natsim::net {

struct Link::Faults {
  explicit Faults(Link& link)
      : burst(link.world().random(link.name() + "/burst")),
        duplicate(link.world().random(link.name() + "/duplicate")),
        corrupt(link.world().random(link.name() + "/corrupt")),
        reorder(link.world().random(link.name() + "/reorder")),
        departure(link, core::EventClass::network) {}

  GilbertElliott burst;
  Random duplicate;
  Random corrupt;  // whether, and which bit
  Random reorder;
  Time plan_start;                // when the schedule or the trace was set
  DeliveryCursor cursor{Time{}};  // of the trace
  // Of a managed queue, which is null with drop_tail.
  std::unique_ptr<QueueDiscipline> queue;
  PacketPtr in_service;             // being serialised; null while the link is idle
  core::Timer departure;            // armed for its end
  Time held_since = Time::never();  // since when a link that is down holds; never() if it does not
};

}  // namespace natsim::net
