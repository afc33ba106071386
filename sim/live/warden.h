// The processes between natsim and the programs that it starts.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>

#include "sim/live/descriptor.h"
#include "sim/live/host_setup.h"
#include "sim/live/warden_message.h"
#include "stack/base/result.h"

namespace natsim::live {

// A namespace and the process that looks after it.
struct WardedHost {
  Descriptor tun;     // whole datagrams; does not block
  Descriptor socket;  // to its warden
  pid_t process = 0;  // the warden's, for nsenter
};

// Starts the first process of a process namespace in which everything else runs. When natsim ends,
// by whatever it is, the kernel ends that process, with it everything in the namespace, and with
// that the networks and their devices: nothing is left but an empty folder, which the next start
// takes away. An ordinary user's processes are in a user namespace too, where they are root.
//
// A host's warden understands, over its socket (see warden_process.h): "start", "signal", "count".
class Warden {
 public:
  // Fails with what this machine lacks. Precondition: the calling process has one thread, or the
  // others hold no locks.
  static Result<std::unique_ptr<Warden>> start();
  Warden(const Warden&) = delete;  // there is one end
  Warden& operator=(const Warden&) = delete;
  ~Warden();

  Result<WardedHost> open_host(const HostSetup& setup);

 private:
  Warden(pid_t process, Descriptor socket, std::string scratch, Descriptor held);

  pid_t process_;
  Descriptor socket_;
  std::string scratch_;  // where the processes have a file system in memory
  Descriptor held_;      // that folder, so that nobody takes it for a leftover
  int hosts_ = 0;
};

}  // namespace natsim::live
