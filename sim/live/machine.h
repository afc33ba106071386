// Where a run's real hosts and programs are: on this machine, or in a recording.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sim/live/arrivals.h"
#include "sim/live/host_setup.h"
#include "sim/net/packet.h"
#include "sim/script/outside.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace natsim::live {

class Machine {
 public:
  virtual ~Machine() = default;

  // The next host, or program of a host.
  virtual std::optional<Error> open_host(const HostSetup& setup) = 0;
  virtual std::optional<Error> start(HostNumber host, const script::ProgramOptions& options) = 0;

  // A datagram for a host, which was due there at `due`, the world's present.
  virtual void write(HostNumber host, const net::Packet& packet, Time due) = 0;
  // What the world has for a program.
  virtual void say(ProgramNumber program, std::string_view line) = 0;
  virtual void close_input(ProgramNumber program) = 0;
  virtual void signal(ProgramNumber program, int number) = 0;

  // Returns at `due`, or earlier with what has come in, in order, appended to `arrivals`: each
  // later than `now`, the world's present, and at `due` at the latest where the clock is recorded.
  // False when the run is to end at once.
  virtual bool wait_until(Time due, Time now, std::vector<Arrival>& arrivals) = 0;

  // The run is over: all that was started ends.
  virtual void stop() = 0;
};

}  // namespace natsim::live
