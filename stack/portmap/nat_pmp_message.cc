#include "stack/portmap/nat_pmp_message.h"

#include <array>
#include <cstddef>

namespace natsim::portmap {
namespace {

constexpr std::uint8_t nat_pmp_version = 0;
constexpr std::uint8_t response_bit = 128;

bool known(std::uint8_t opcode) {
  return opcode <= static_cast<std::uint8_t>(NatPmpOpcode::map_tcp);
}

}  // namespace

std::string_view to_string(NatPmpResult result) {
  constexpr std::array<std::string_view, 6> reasons = {
      "success",          "the gateway does not speak this version",
      "not authorized",   "network failure",
      "out of resources", "unsupported opcode"};
  const auto code = static_cast<std::size_t>(result);
  return code < reasons.size() ? reasons[code] : "an unknown result";
}

Bytes encode(const NatPmpRequest& request) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.u8(nat_pmp_version);
  out.u8(static_cast<std::uint8_t>(request.opcode));
  if (request.opcode == NatPmpOpcode::external_address) return bytes;
  out.u16(0);
  out.u16(request.internal_port);
  out.u16(request.external_port);
  out.u32(request.lifetime);
  return bytes;
}

Bytes encode(const NatPmpResponse& response) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.u8(nat_pmp_version);
  out.u8(static_cast<std::uint8_t>(response_bit | response.opcode));
  out.u16(static_cast<std::uint16_t>(response.result));
  out.u32(response.epoch);
  if (response.opcode == static_cast<std::uint8_t>(NatPmpOpcode::external_address)) {
    out.u32(response.external_address.is_v4() ? response.external_address.to_v4() : 0);
  } else if (known(response.opcode)) {
    out.u16(response.internal_port);
    out.u16(response.external_port);
    out.u32(response.lifetime);
  }
  return bytes;
}

std::optional<NatPmpRequest> decode_nat_pmp_request(ByteView datagram) {
  ByteReader in(datagram);
  const auto version = in.u8();
  const auto opcode = in.u8();
  if (!opcode || *version != nat_pmp_version || !known(*opcode)) return std::nullopt;
  NatPmpRequest request{.opcode = static_cast<NatPmpOpcode>(*opcode)};
  if (request.opcode == NatPmpOpcode::external_address) return request;
  const auto reserved = in.u16();
  const auto internal_port = in.u16();
  const auto external_port = in.u16();
  const auto lifetime = in.u32();
  if (!reserved || !lifetime) return std::nullopt;
  request.internal_port = *internal_port;
  request.external_port = *external_port;
  request.lifetime = *lifetime;
  return request;
}

std::optional<NatPmpResponse> decode_nat_pmp_response(ByteView datagram) {
  ByteReader in(datagram);
  const auto version = in.u8();
  const auto opcode = in.u8();
  const auto result = in.u16();
  const auto epoch = in.u32();
  if (!epoch || *version != nat_pmp_version || (*opcode & response_bit) == 0) return std::nullopt;
  NatPmpResponse response{.opcode = static_cast<std::uint8_t>(*opcode & ~response_bit),
                          .result = static_cast<NatPmpResult>(*result),
                          .epoch = *epoch};
  if (!known(response.opcode)) return std::nullopt;
  // An error may leave out what only a success has.
  if (response.opcode == static_cast<std::uint8_t>(NatPmpOpcode::external_address)) {
    const auto address = in.u32();
    if (address) response.external_address = IpAddress::v4(*address);
    if (!address && response.result == NatPmpResult::success) return std::nullopt;
    return response;
  }
  const auto internal_port = in.u16();
  const auto external_port = in.u16();
  const auto lifetime = in.u32();
  if (!lifetime) {
    if (response.result == NatPmpResult::success) return std::nullopt;
    return response;
  }
  response.internal_port = *internal_port;
  response.external_port = *external_port;
  response.lifetime = *lifetime;
  return response;
}

}  // namespace natsim::portmap
