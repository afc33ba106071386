// How long a flight of a handshake waits for its answer.
#pragma once

#include "stack/base/time.h"

namespace natsim::dtls {

struct TimerProfile {
  Duration initial = seconds(1);   // before a flight is sent again (RFC 6347 §4.2.4.1)
  Duration longest = seconds(60);  // each wait is twice the one before, up to this
};

}  // namespace natsim::dtls
