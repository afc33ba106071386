// The presets by family. Each row says where it is from; what a NAT of natsim cannot do is listed
// as a difference and never left out.
#pragma once

#include <span>

#include "sim/nat/presets.h"

namespace natsim::nat {

std::span<const Preset> standard_presets();  // RFC 3489's classes, RFC 4787, kinds without a device
std::span<const Preset> linux_presets();     // netfilter and what is made of it
std::span<const Preset> bsd_presets();       // pf, libalias
std::span<const Preset> vendor_presets();    // routers and operating systems of vendors
std::span<const Preset> cloud_presets();     // virtual machines, containers, clouds
std::span<const Preset> carrier_presets();   // CGN, DS-Lite, NAT64

}  // namespace natsim::nat
