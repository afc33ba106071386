#include "sim/record/portmap_text.h"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "stack/portmap/nat_pmp_message.h"
#include "stack/portmap/pcp_message.h"

namespace natsim::record {
namespace {

using portmap::NatPmpOpcode;
using portmap::PcpOpcode;

std::string_view name_of(std::uint8_t opcode) {
  switch (static_cast<PcpOpcode>(opcode)) {
    case PcpOpcode::announce:
      return "ANNOUNCE";
    case PcpOpcode::map:
      return "MAP";
    case PcpOpcode::peer:
      return "PEER";
  }
  return "unknown opcode";
}

std::string describe(const portmap::PcpReading& reading) {
  const portmap::PcpRequest& request = reading.request;
  std::string text = fmt::format("PCP {} request", name_of(reading.opcode));
  if (!request.map) return text;
  text += fmt::format(" of {} for port {}", to_string(request.client), request.map->internal_port);
  if (request.peer) text += fmt::format(" towards {}", to_string(*request.peer));
  return text + (request.lifetime == 0 ? ", to end it" : fmt::format(", {} s", request.lifetime));
}

std::string describe(const portmap::PcpResponse& response) {
  const std::string text = fmt::format("PCP {} ", name_of(response.opcode));
  if (response.result != portmap::PcpResult::success) {
    return text + fmt::format("error {}", name(response.result));
  }
  if (!response.map) return text + "success";
  return text + fmt::format("success, port {} is {}, {} s", response.map->internal_port,
                            to_string(response.map->external), response.lifetime);
}

std::string describe(const portmap::NatPmpRequest& request) {
  if (request.opcode == NatPmpOpcode::external_address) return "NAT-PMP address request";
  return fmt::format("NAT-PMP map request for {} port {}, {}",
                     request.opcode == NatPmpOpcode::map_udp ? "UDP" : "TCP", request.internal_port,
                     request.lifetime == 0 ? "to end it" : fmt::format("{} s", request.lifetime));
}

std::string describe(const portmap::NatPmpResponse& response) {
  if (response.result != portmap::NatPmpResult::success) {
    return fmt::format("NAT-PMP error: {}", to_string(response.result));
  }
  if (response.opcode == static_cast<std::uint8_t>(NatPmpOpcode::external_address)) {
    return fmt::format("NAT-PMP success, the address is {}", to_string(response.external_address));
  }
  return fmt::format("NAT-PMP success, port {} is {} outside, {} s", response.internal_port,
                     response.external_port, response.lifetime);
}

}  // namespace

std::string describe_portmap(ByteView payload) {
  const auto request = portmap::decode_pcp_request(payload);
  if (request && request->result == portmap::PcpResult::success) return describe(*request);
  if (const auto response = portmap::decode_pcp_response(payload)) return describe(*response);
  if (const auto older = portmap::decode_nat_pmp_request(payload)) return describe(*older);
  if (const auto older = portmap::decode_nat_pmp_response(payload)) return describe(*older);
  return {};
}

}  // namespace natsim::record
