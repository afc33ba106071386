#include "sim/nat/dependent_knobs.h"

namespace natsim::nat {
namespace {

struct Dependent {
  std::string_view knob;
  bool (*has_effect)(const NatOptions& options);
  std::string_view needs;
};

bool has_blocks(const NatOptions& options) { return options.port_blocks != PortBlocks::none; }

constexpr Dependent dependents[] = {
    {"port_stride",
     [](const NatOptions& o) { return o.port_allocation == PortAllocation::sequential; },
     "port_allocation = \"sequential\""},
    {"port_block_size", has_blocks, "port_blocks = \"dynamic\""},
    {"port_blocks_per_host", has_blocks, "port_blocks = \"dynamic\""},
    {"subscribers", [](const NatOptions& o) { return o.port_blocks == PortBlocks::deterministic; },
     "port_blocks = \"deterministic\""},
    {"udp_stream_after", [](const NatOptions& o) { return o.udp_timeout_stream > Duration{}; },
     "udp_timeout_stream = \"180s\""},
    {"hairpin_filtered", [](const NatOptions& o) { return o.hairpin != Hairpin::off; },
     "hairpin = \"external_source\""},
};

}  // namespace

std::string_view missing_beside(std::string_view knob, const NatOptions& options) {
  for (const Dependent& dependent : dependents) {
    if (dependent.knob == knob && !dependent.has_effect(options)) return dependent.needs;
  }
  return {};
}

}  // namespace natsim::nat
