// The requirements of the NAT RFCs as functions: whether a NAT keeps one, found out by packets
// alone.
#pragma once

#include <optional>
#include <ostream>
#include <span>
#include <string_view>

#include "sim/nat/options.h"

namespace natsim::judges {

struct Requirement {
  std::string_view number;  // "Rfc4787_Req1"
  std::string_view demand;  // what must hold; a clause
  bool (*kept)(const nat::NatOptions& options);
  // Presets that do not keep it; all others do.
  std::span<const std::string_view> violated_by;
  // Where every preset keeps it: what must be done to a NAT that keeps it for it to be violated.
  void (*spoil)(nat::NatOptions& options) = nullptr;
};

// For the names of tests, which must not depend on addresses of memory.
inline void PrintTo(const Requirement& requirement, std::ostream* out) {
  *out << requirement.number;
}

std::span<const Requirement> udp_requirements();           // RFC 4787, 6888
std::span<const Requirement> tcp_and_icmp_requirements();  // RFC 5382, 5508

// A requirement that is not judged here, and why.
struct Unjudged {
  std::string_view number;
  std::string_view reason;
};
std::span<const Unjudged> unjudged_requirements();

}  // namespace natsim::judges
