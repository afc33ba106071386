// Who connects to whom: every pair of NAT kinds, each in a world of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/nat/options.h"
#include "stack/base/time.h"
#include "stack/ice/candidate.h"

namespace natsim::matrix {

struct MatrixOptions {
  bool turn = false;  // a TURN server on an address of its own
  nat::PortAllocation allocation = nat::PortAllocation::random;
  nat::FilterScope filter_scope = nat::FilterScope::per_mapping;
  std::uint64_t seed = 1;
  // A NAT of its own beside the kinds, with the name that its row has.
  struct Extra {
    std::string name;
    nat::NatOptions nat;
  };
  std::vector<Extra> extra;
};

enum class Path : std::uint8_t { direct, relay, none };
std::string_view to_string(Path path);

// How a call from behind kind `a` to behind kind `b` went.
struct Cell {
  std::string a;  // "OPEN", "EIM/EIF" … "APDM/APDF"
  std::string b;
  Path path = Path::none;
  // Each side's candidate as the other side sees it; unset if there is no path.
  std::optional<ice::CandidateType> a_type;
  std::optional<ice::CandidateType> b_type;
  std::optional<Duration> ice_time;  // from the call's start until both sides had selected a pair
};

// "OPEN" (no NAT) and the nine mapping × filtering kinds, in the matrix's order.
std::vector<std::string> kinds();

// Runs one cell: the caller behind `a`, the callee behind `b`, both kinds as listed above or extra
// ones, which keep their own allocation and filter scope.
Cell run_cell(const std::string& a, const std::string& b, const MatrixOptions& options);

}  // namespace natsim::matrix
