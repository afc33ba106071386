// Consent freshness: when to ask, and when not having been answered ends the right to send
// (RFC 7675 §5.1).
#pragma once

#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/ice/options.h"

namespace natsim::ice {

// The timers of the pair in use. Whoever owns it sends the requests and matches the responses.
//
// Contract:
// 1. `begin` when a pair comes into use: then its answer, or the peer's nomination, has shown that
//    the peer is there. Consent lasts from that instant.
// 2. A request is due at `next_request()`; `sent` draws the next time from it.
// 3. Only a valid response to a request on this pair may call `renew`: no other traffic does.
// 4. A lite agent asks nothing (RFC 7675 §4). It calls `renew` at the peer's own requests on the
//    pair instead, the first of which turns this on: a peer that never asks is never missed.
class Consent {
 public:
  Consent(const Options& options, Random random) : options_(options), random_(random) {}

  void begin(Time now) {
    granted_ = now;
    next_request_ = now + draw_interval();
  }
  void end() { granted_ = next_request_ = Time::never(); }
  void sent(Time now) { next_request_ = now + draw_interval(); }
  void renew(Time now) { granted_ = now; }

  [[nodiscard]] bool is_on() const { return !granted_.is_never(); }
  [[nodiscard]] Time next_request() const { return next_request_; }
  // Time::never() unless it is on.
  [[nodiscard]] Time expires() const { return after(options_.consent_timeout); }
  [[nodiscard]] Time disconnects() const { return after(options_.disconnected_after); }

 private:
  // ±20 %, so that peers do not fall into step (RFC 7675 §5.1).
  Duration draw_interval() {
    const Duration interval = options_.consent_interval;
    return random_.between(interval * 4 / 5, interval * 6 / 5);
  }
  [[nodiscard]] Time after(Duration span) const {
    return is_on() ? granted_ + span : Time::never();
  }

  const Options& options_;        // of the agent, which owns this
  Random random_;                 // intervals
  Time granted_ = Time::never();  // last; never while off
  Time next_request_ = Time::never();
};

}  // namespace natsim::ice
