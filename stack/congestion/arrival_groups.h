// How much further apart packets arrive than they were sent, by groups.
#pragma once

#include <optional>

#include "stack/base/time.h"

namespace natsim::congestion {

// From one group to the next.
struct GroupDelta {
  Duration sent;
  Duration arrived;
};

// Packets that were sent within 5 ms are one group, and so are those that a link held back and then
// gave all at once (draft-ietf-rmcat-gcc-02 §5.2): their distances say nothing about a queue.
class ArrivalGroups {
 public:
  // Packets come in the order of their arrival; `arrival` is by the receiver's clock, `now` when
  // this end learned of it. The delta of the two groups before, if a new group begins. Those that
  // were sent before their group began are ignored. A receiver's clock that jumps by 3 s, or goes
  // back three times, is taken for another one: all begins anew.
  std::optional<GroupDelta> add(Time sent, Duration arrival, Time now);

 private:
  struct Group {
    Time first_sent;
    Time last_sent;
    Duration first_arrival;
    Duration last_arrival;
    Time told;
  };

  [[nodiscard]] bool belongs(Time sent, Duration arrival) const;
  void reset();

  std::optional<Group> previous_;
  std::optional<Group> current_;
  int backwards_ = 0;  // groups in a row that arrived before the one before them
};

}  // namespace natsim::congestion
