#include "stack/portmap/pcp_message.h"

#include <algorithm>

namespace natsim::portmap {
namespace {

constexpr std::uint8_t pcp_version = 2;
constexpr std::uint8_t pcp_response_bit = 128;
constexpr std::size_t header_size = 24;
// Of those written here: a PEER with one option.
constexpr std::size_t longest_message = 84;
constexpr std::size_t most_bytes = 1100;  // RFC 6887 §7
constexpr std::uint8_t prefer_failure_option = 2;
constexpr std::uint8_t first_optional_option = 128;  // unknown ones may be passed over

constexpr std::array<std::string_view, 14> result_names = {
    "SUCCESS",          "UNSUPP_VERSION",        "NOT_AUTHORIZED",   "MALFORMED_REQUEST",
    "UNSUPP_OPCODE",    "UNSUPP_OPTION",         "MALFORMED_OPTION", "NETWORK_FAILURE",
    "NO_RESOURCES",     "UNSUPP_PROTOCOL",       "USER_EX_QUOTA",    "CANNOT_PROVIDE_EXTERNAL",
    "ADDRESS_MISMATCH", "EXCESSIVE_REMOTE_PEERS"};

void write(ByteWriter& out, const IpAddress& address) { out.bytes(address.to_bytes()); }

std::optional<IpAddress> read_address(ByteReader& in) {
  const auto bytes = in.take(16);
  if (!bytes) return std::nullopt;
  return IpAddress::from_bytes(Family::ipv6, bytes->data());
}

void write(ByteWriter& out, const PcpMap& map) {
  out.bytes(map.nonce);
  out.u8(map.protocol);
  out.fill(3, 0);
  out.u16(map.internal_port);
  out.u16(map.external.port);
  write(out, map.external.address);
}

std::optional<PcpMap> read_map(ByteReader& in) {
  const auto nonce = in.take(12);
  const auto protocol = in.u8();
  const auto reserved = in.take(3);
  const auto internal_port = in.u16();
  const auto external_port = in.u16();
  const auto address = read_address(in);
  // Each read leaves the reader as it was if it fails, so the last one tells for all only together.
  if (!nonce || !protocol || !reserved || !internal_port || !external_port || !address) {
    return std::nullopt;
  }
  PcpMap map{.protocol = *protocol,
             .internal_port = *internal_port,
             .external = {*address, *external_port}};
  std::copy(nonce->begin(), nonce->end(), map.nonce.begin());
  return map;
}

// What PEER has behind the fields of MAP (RFC 6887 §12.1).
void write_peer(ByteWriter& out, const Endpoint& peer) {
  out.u16(peer.port);
  out.fill(2, 0);
  write(out, peer.address);
}

std::optional<Endpoint> read_peer(ByteReader& in) {
  const auto port = in.u16();
  const auto reserved = in.take(2);
  const auto address = read_address(in);
  if (!port || !reserved || !address) return std::nullopt;
  return Endpoint{*address, *port};
}

PcpOpcode opcode_of(const PcpRequest& request) {
  if (!request.map) return PcpOpcode::announce;
  return request.peer ? PcpOpcode::peer : PcpOpcode::map;
}

bool is(std::uint8_t opcode, PcpOpcode meant) { return opcode == static_cast<std::uint8_t>(meant); }

// Reads the options behind a MAP or PEER request; SUCCESS if all are understood.
PcpResult read_options(ByteReader& in, PcpRequest& request) {
  while (in.remaining() > 0) {
    const auto code = in.u8();
    const auto reserved = in.u8();
    const auto length = in.u16();
    if (!code || !reserved || !length) return PcpResult::malformed_option;
    const std::size_t padded = (std::size_t{*length} + 3) / 4 * 4;
    if (!in.take(padded)) return PcpResult::malformed_option;
    if (*code == prefer_failure_option) {
      if (*length != 0 || request.prefer_failure) return PcpResult::malformed_option;
      request.prefer_failure = true;
    } else if (*code < first_optional_option) {
      return PcpResult::unsupp_option;
    }
  }
  return PcpResult::success;
}

}  // namespace

std::string_view name(PcpResult result) {
  const auto code = static_cast<std::size_t>(result);
  return code < result_names.size() ? result_names[code] : "an unknown result";
}

Bytes encode(const PcpRequest& request) {
  Bytes bytes;
  bytes.reserve(longest_message);
  ByteWriter out(bytes);
  out.u8(pcp_version);
  out.u8(static_cast<std::uint8_t>(opcode_of(request)));
  out.u16(0);
  out.u32(request.lifetime);
  write(out, request.client);
  if (!request.map) return bytes;
  write(out, *request.map);
  if (request.peer) write_peer(out, *request.peer);
  if (request.prefer_failure) {
    out.u8(prefer_failure_option);
    out.fill(3, 0);
  }
  return bytes;
}

Bytes encode(const PcpResponse& response) {
  Bytes bytes;
  bytes.reserve(longest_message);
  ByteWriter out(bytes);
  out.u8(pcp_version);
  out.u8(static_cast<std::uint8_t>(pcp_response_bit | response.opcode));
  out.u8(0);
  out.u8(static_cast<std::uint8_t>(response.result));
  out.u32(response.lifetime);
  out.u32(response.epoch);
  out.fill(12, 0);
  if (response.map) write(out, *response.map);
  if (response.peer) write_peer(out, *response.peer);
  return bytes;
}

std::optional<PcpReading> decode_pcp_request(ByteView datagram) {
  ByteReader in(datagram);
  const auto version = in.u8();
  const auto opcode = in.u8();
  if (!opcode || (*opcode & pcp_response_bit) != 0) return std::nullopt;
  PcpReading reading{.request = {}, .opcode = *opcode};
  const auto failed = [&](PcpResult result) {
    reading.result = result;
    return reading;
  };
  if (*version != pcp_version) return failed(PcpResult::unsupp_version);
  if (datagram.size() < header_size) return std::nullopt;
  if (datagram.size() > most_bytes || datagram.size() % 4 != 0) {
    return failed(PcpResult::malformed_request);
  }
  const auto reserved = in.u16();
  const auto lifetime = in.u32();
  const auto client = read_address(in);
  if (!reserved || !lifetime || !client) return std::nullopt;
  reading.request.lifetime = *lifetime;
  reading.request.client = *client;
  if (is(*opcode, PcpOpcode::announce)) return reading;
  if (!is(*opcode, PcpOpcode::map) && !is(*opcode, PcpOpcode::peer)) {
    return failed(PcpResult::unsupp_opcode);
  }
  reading.request.map = read_map(in);
  if (!reading.request.map) return failed(PcpResult::malformed_request);
  if (is(*opcode, PcpOpcode::peer)) {
    reading.request.peer = read_peer(in);
    if (!reading.request.peer) return failed(PcpResult::malformed_request);
  }
  return failed(read_options(in, reading.request));
}

std::optional<PcpResponse> decode_pcp_response(ByteView datagram) {
  if (datagram.size() < header_size || datagram.size() > most_bytes || datagram.size() % 4 != 0) {
    return std::nullopt;
  }
  ByteReader in(datagram);
  const auto version = in.u8();
  const auto opcode = in.u8();
  const auto reserved = in.u8();
  const auto result = in.u8();
  const auto lifetime = in.u32();
  const auto epoch = in.u32();
  const auto rest = in.take(12);
  if (!reserved || !result || !lifetime || !epoch || !rest) return std::nullopt;
  if (*version != pcp_version || (*opcode & pcp_response_bit) == 0) return std::nullopt;
  PcpResponse response{.opcode = static_cast<std::uint8_t>(*opcode & ~pcp_response_bit),
                       .result = static_cast<PcpResult>(*result),
                       .lifetime = *lifetime,
                       .epoch = *epoch};
  const bool peer = is(response.opcode, PcpOpcode::peer);
  if (peer || is(response.opcode, PcpOpcode::map)) {
    response.map = read_map(in);
    if (peer && response.map) response.peer = read_peer(in);
    const bool whole = response.map && (!peer || response.peer);
    if (!whole && response.result == PcpResult::success) return std::nullopt;
  }
  return response;
}

}  // namespace natsim::portmap
