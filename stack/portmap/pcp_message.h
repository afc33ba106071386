// PCP's messages (RFC 6887 §7, §11, §12): ANNOUNCE, MAP and PEER.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "stack/base/address.h"
#include "stack/base/bytes.h"

namespace natsim::portmap {

enum class PcpOpcode : std::uint8_t { announce = 0, map = 1, peer = 2 };

// RFC 6887 §7.4.
enum class PcpResult : std::uint8_t {
  success = 0,
  unsupp_version = 1,
  not_authorized = 2,
  malformed_request = 3,
  unsupp_opcode = 4,
  unsupp_option = 5,
  malformed_option = 6,
  network_failure = 7,
  no_resources = 8,
  unsupp_protocol = 9,
  user_ex_quota = 10,
  cannot_provide_external = 11,
  address_mismatch = 12,
  excessive_remote_peers = 13,
};
// The RFC's name: "NOT_AUTHORIZED"; "an unknown result" for a code that it does not have.
std::string_view name(PcpResult result);

using PcpNonce = std::array<std::uint8_t, 12>;

// What a MAP or PEER request asks for, and what its answer gives.
struct PcpMap {
  PcpNonce nonce{};
  std::uint8_t protocol = 0;  // IANA's number; 0: all
  std::uint16_t internal_port = 0;
  Endpoint external;  // suggested or assigned; "any" and 0: none in particular
  bool operator==(const PcpMap&) const = default;
};

struct PcpRequest {
  std::uint32_t lifetime = 0;    // seconds; 0 deletes
  IpAddress client;              // as the client knows itself
  std::optional<PcpMap> map;     // unset: ANNOUNCE
  std::optional<Endpoint> peer;  // with `map`: PEER, for this remote end
  bool prefer_failure = false;
  bool operator==(const PcpRequest&) const = default;
};

struct PcpResponse {
  std::uint8_t opcode = 0;  // of the request
  PcpResult result = PcpResult::success;
  std::uint32_t lifetime = 0;    // seconds; of an error: how long it is likely to last
  std::uint32_t epoch = 0;       // seconds since the server lost or began its state
  std::optional<PcpMap> map;     // of a MAP or PEER
  std::optional<Endpoint> peer;  // of a PEER; not without `map`
  bool operator==(const PcpResponse&) const = default;
};

// A request as a server reads it: what it asks for, or the result that it is to be answered with.
struct PcpReading {
  PcpRequest request;
  std::uint8_t opcode = 0;
  PcpResult result = PcpResult::success;
};

Bytes encode(const PcpRequest& request);
Bytes encode(const PcpResponse& response);
// nullopt for what a server must not answer: too short for a header, or a response (RFC 6887 §8.2).
std::optional<PcpReading> decode_pcp_request(ByteView datagram);
// nullopt for what a client must ignore (RFC 6887 §8.3).
std::optional<PcpResponse> decode_pcp_response(ByteView datagram);

}  // namespace natsim::portmap
