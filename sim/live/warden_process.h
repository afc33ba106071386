// What runs in a warden's processes.
#pragma once

#include <string>
#include <vector>

#include "sim/live/descriptor.h"
#include "sim/live/host_setup.h"

namespace natsim::live {

// The first process of the namespace. Says "ready", or "failed" and why; then starts a host's
// warden, with the socket that comes with it, for each message "host", until the socket ends.
[[noreturn]] void run_first_process(Descriptor socket, const std::string& scratch, uid_t user,
                                    gid_t group);

// A host's set-up in words, and back.
std::vector<std::string> to_words(const HostSetup& setup);
HostSetup from_words(const std::vector<std::string>& words);

}  // namespace natsim::live
