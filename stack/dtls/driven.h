// OpenSSL's two hidden inputs, its clock and its source of randomness, served by a machine.
#pragma once

#include <cstdint>

#include "stack/base/random.h"

namespace natsim::dtls {

// While one lives, OpenSSL draws from `random` and reads `seconds` off its clock, on this thread
// and on no other; outside of any, it has its own randomness and the machine's clock.
//
// OpenSSL takes neither as an argument: randomness comes by the method that is registered for the
// process, the DTLS timers read gettimeofday(), which this library defines in front of the one of
// the C library. Both look up what is driven on the calling thread.
class Driven {
 public:
  Driven(Random& random, std::int64_t seconds);
  ~Driven();
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

 private:
  friend struct HiddenInputs;
  Random& random_;
  std::int64_t seconds_;  // what OpenSSL takes for the time
  Driven* outer_;         // what was driven before
};

}  // namespace natsim::dtls
