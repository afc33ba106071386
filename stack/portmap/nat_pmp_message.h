// NAT-PMP's messages (RFC 6886 §3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::portmap {

// NAT-PMP and PCP servers listen there (RFC 6886 §3.1, RFC 6887 §19.1).
inline constexpr std::uint16_t server_port = 5351;

enum class NatPmpOpcode : std::uint8_t { external_address = 0, map_udp = 1, map_tcp = 2 };

// RFC 6886 §3.5.
enum class NatPmpResult : std::uint16_t {
  success = 0,
  unsupported_version = 1,
  not_authorized = 2,
  network_failure = 3,
  out_of_resources = 4,
  unsupported_opcode = 5,
};
// A clause: "not authorized"; "an unknown result" for a code that the RFC does not have.
std::string_view to_string(NatPmpResult result);

// The last three fields are for mappings.
struct NatPmpRequest {
  NatPmpOpcode opcode = NatPmpOpcode::external_address;
  std::uint16_t internal_port = 0;
  std::uint16_t external_port = 0;  // suggested; 0: none
  std::uint32_t lifetime = 0;       // seconds; 0 deletes
  bool operator==(const NatPmpRequest&) const = default;
};

struct NatPmpResponse {
  std::uint8_t opcode = 0;  // of the request, which may be an unknown one
  NatPmpResult result = NatPmpResult::success;
  std::uint32_t epoch = 0;          // seconds since the gateway's start
  IpAddress external_address;       // IPv4; of external_address
  std::uint16_t internal_port = 0;  // this and the next two: of mappings
  std::uint16_t external_port = 0;
  std::uint32_t lifetime = 0;  // seconds
  bool operator==(const NatPmpResponse&) const = default;
};

Bytes encode(const NatPmpRequest& request);
Bytes encode(const NatPmpResponse& response);
// nullopt for anything but a whole message of version 0 with a known opcode. What a longer datagram
// has behind it is passed over.
std::optional<NatPmpRequest> decode_nat_pmp_request(ByteView datagram);
std::optional<NatPmpResponse> decode_nat_pmp_response(ByteView datagram);

}  // namespace natsim::portmap
