// How often a participant sends RTCP (RFC 3550 §6.2, §6.3.1, appendix A.7).
#pragma once

#include <cstdint>

#include "stack/base/random.h"
#include "stack/base/time.h"

namespace natsim::rtp {

struct ReportLoad {
  std::uint64_t session_bandwidth = 0;  // bits per second; a twentieth of it is RTCP's. Not 0
  std::uint32_t members = 2;            // oneself included; at least 1
  std::uint32_t senders = 0;
  bool is_sender = false;
  bool is_first = false;           // nothing has been sent yet: half of the least interval will do
  bool reduced_minimum = false;    // 360 s over the bandwidth in kbit/s, and not 5 s (§6.2)
  std::uint32_t average_size = 0;  // bytes of a compound packet, with the headers of UDP and IP
};

// The interval before it is made random. Where at most a quarter of the members send, they share a
// quarter of RTCP's bandwidth and the others the rest.
Duration deterministic_interval(const ReportLoad& load);

// Between half and one and a half times that, divided by e - 3/2 (§6.3.1).
Duration random_interval(const ReportLoad& load, Random& random);

}  // namespace natsim::rtp
