// The face that every protocol machine shows its host. It is a convention, not a base class: the
// machines are used by their own types.
//
// Contract:
// 1. A machine has no thread, socket, clock or global. Time comes in as an argument and never goes
//    backwards; randomness is handed to the constructor.
// 2. The host calls `receive(…, now)` for input and `handle_timeout(now)` when the machine's own
//    deadline has come. Every call that changes the machine is followed by draining
//    `poll_transmit()` and then `poll_event()` until both are empty; both give their items in the
//    order they were made.
// 3. `next_timeout()` is the earliest instant at which `handle_timeout` has work, Time::never() if
//    there is none. After `handle_timeout(now)` it is later than `now`.
// 4. Input from the wire never throws and never crashes; what cannot be understood is ignored or
//    becomes an event.
#pragma once

#include "stack/base/datagram.h"
#include "stack/base/time.h"
