#include "stack/ice/candidate_line.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "stack/base/words.h"
#include "stack/ice/credentials.h"

namespace natsim::ice {
namespace {

// RFC 8839 §5.1: the discard port stands beside the unspecified address.
constexpr std::uint16_t hidden_port = 9;

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t min, std::uint32_t max) {
  return parse_number<std::uint32_t>(text, min, max);
}

std::optional<CandidateType> type_named(std::string_view name) {
  for (const CandidateType type : {CandidateType::host, CandidateType::server_reflexive,
                                   CandidateType::peer_reflexive, CandidateType::relayed}) {
    if (name == to_string(type)) return type;
  }
  return std::nullopt;
}

// In capitals or not (RFC 8839 §5.1, RFC 6544 §4.5).
std::optional<Transport> transport_named(std::string_view name) {
  const auto is = [&](std::string_view lower) {
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is("udp")) return Transport::udp;
  if (is("tcp")) return Transport::tcp;
  return std::nullopt;
}

std::optional<TcpType> tcp_type_named(std::string_view name) {
  for (const TcpType type : {TcpType::active, TcpType::passive, TcpType::simultaneous_open}) {
    if (name == to_string(type)) return type;
  }
  return std::nullopt;
}

// One label under "local" (draft-ietf-mmusic-mdns-ice-candidates §3.2.1).
bool is_local_name(std::string_view text) {
  constexpr std::string_view domain = ".local";
  if (!text.ends_with(domain)) return false;
  text.remove_suffix(domain.size());
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_foundation(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_ice_char);
}

// Reads what follows the type: raddr and rport, then extensions.
std::optional<CandidateLineError> parse_tail(Words& words, Candidate& candidate) {
  std::optional<IpAddress> raddr;
  std::optional<std::uint32_t> rport;
  std::optional<TcpType> tcp_type;
  for (std::string_view name = words.next(); !name.empty(); name = words.next()) {
    const std::string_view value = words.next();
    if (name == "raddr") {
      raddr = IpAddress::parse(value);
      if (!raddr) return CandidateLineError::bad_related;
    } else if (name == "rport") {
      rport = number(value, 0, 65'535);
      if (!rport) return CandidateLineError::bad_related;
    } else if (value.empty()) {
      return CandidateLineError::odd_extension;
    } else if (name == "ufrag") {
      candidate.ufrag = value;
    } else if (name == "tcptype") {
      tcp_type = tcp_type_named(value);
    }
  }
  if (raddr.has_value() != rport.has_value()) return CandidateLineError::bad_related;
  if (candidate.transport == Transport::tcp) {
    if (!tcp_type) return CandidateLineError::bad_tcp_type;
    candidate.tcp_type = *tcp_type;
  }
  if (raddr && !raddr->is_any()) candidate.related = {*raddr, static_cast<std::uint16_t>(*rport)};
  return std::nullopt;
}

std::optional<CandidateLineError> parse_fields(Words& words, Candidate& candidate) {
  const std::string_view foundation = words.next();
  const std::string_view component = words.next();
  const std::string_view transport = words.next();
  const std::string_view priority = words.next();
  const std::string_view address = words.next();
  const std::string_view port = words.next();
  const std::string_view typ = words.next();
  const std::string_view type = words.next();
  if (type.empty()) return CandidateLineError::too_few_fields;

  if (!is_foundation(foundation)) return CandidateLineError::bad_foundation;
  // 256 components fit the RFC; one that does not fit the byte is of no agent that we talk to.
  const auto component_id = number(component, 1, 255);
  if (!component_id) return CandidateLineError::bad_component;
  const auto transport_value = transport_named(transport);
  if (!transport_value) return CandidateLineError::other_transport;
  const auto priority_value = number(priority, 1, 0x7fff'ffff);
  if (!priority_value) return CandidateLineError::bad_priority;
  const auto ip = IpAddress::parse(address);
  if (!ip && !is_local_name(address)) return CandidateLineError::bad_address;
  const auto port_value = number(port, 0, 65'535);
  if (!port_value) return CandidateLineError::bad_port;
  const auto candidate_type = type_named(type);
  if (typ != "typ" || !candidate_type) return CandidateLineError::bad_type;

  candidate.foundation = foundation;
  candidate.component = static_cast<std::uint8_t>(*component_id);
  candidate.priority = *priority_value;
  candidate.address = {ip.value_or(IpAddress()), static_cast<std::uint16_t>(*port_value)};
  if (!ip) candidate.host_name = in_lower_case(address);
  candidate.type = *candidate_type;
  candidate.transport = *transport_value;
  return parse_tail(words, candidate);
}

}  // namespace

std::string encode_candidate(const Candidate& candidate, RelatedAddress related) {
  std::string line = fmt::format(
      "candidate:{} {} {} {} {} {} typ {}", candidate.foundation, candidate.component,
      candidate.transport == Transport::tcp ? "TCP" : "UDP", candidate.priority,
      candidate.host_name.empty() ? to_string(candidate.address.address) : candidate.host_name,
      candidate.address.port, to_string(candidate.type));
  std::string tail;
  if (candidate.transport == Transport::tcp) {
    tail = fmt::format(" tcptype {}", to_string(candidate.tcp_type));
  }
  if (!candidate.ufrag.empty()) tail += " ufrag " + candidate.ufrag;
  if (candidate.type == CandidateType::host) return line += tail;
  Endpoint shown = candidate.related;
  if (related == RelatedAddress::hidden || !shown.is_set()) {
    shown.address = candidate.address.address.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
    shown.port = hidden_port;
  }
  return line += fmt::format(" raddr {} rport {}", to_string(shown.address), shown.port) + tail;
}

std::string_view to_string(CandidateLineError error) {
  switch (error) {
    case CandidateLineError::no_prefix:
      return "does not begin with \"candidate:\"";
    case CandidateLineError::too_few_fields:
      return "too few fields";
    case CandidateLineError::bad_foundation:
      return "foundation is not 1 to 32 ice-chars";
    case CandidateLineError::bad_component:
      return "component is not 1 to 255";
    case CandidateLineError::other_transport:
      return "transport is neither UDP nor TCP";
    case CandidateLineError::bad_priority:
      return "priority is not 1 to 2147483647";
    case CandidateLineError::bad_address:
      return "address is neither an IP address nor a name in \"local.\"";
    case CandidateLineError::bad_port:
      return "port is not 0 to 65535";
    case CandidateLineError::bad_type:
      return "type is not host, srflx, prflx or relay";
    case CandidateLineError::bad_tcp_type:
      return "a TCP candidate has no tcptype of active, passive or so";
    case CandidateLineError::bad_related:
      return "raddr and rport are malformed";
    case CandidateLineError::odd_extension:
      return "an extension has no value";
  }
  return "";
}

std::optional<Candidate> parse_candidate(std::string_view line, CandidateLineError* error) {
  const auto fail = [&](CandidateLineError reason) -> std::optional<Candidate> {
    if (error != nullptr) *error = reason;
    return std::nullopt;
  };
  constexpr std::string_view attribute = "a=";
  constexpr std::string_view prefix = "candidate:";
  if (line.starts_with(attribute)) line.remove_prefix(attribute.size());
  if (!line.starts_with(prefix)) return fail(CandidateLineError::no_prefix);
  line.remove_prefix(prefix.size());
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);

  Words words(line);
  Candidate candidate;
  if (const auto reason = parse_fields(words, candidate)) return fail(*reason);
  return candidate;
}

}  // namespace natsim::ice
