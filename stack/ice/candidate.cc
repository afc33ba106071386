#include "stack/ice/candidate.h"

namespace natsim::ice {

std::string_view to_string(CandidateType type) {
  switch (type) {
    case CandidateType::host:
      return "host";
    case CandidateType::server_reflexive:
      return "srflx";
    case CandidateType::peer_reflexive:
      return "prflx";
    case CandidateType::relayed:
      return "relay";
  }
  return "";
}

std::string_view to_string(TcpType type) {
  switch (type) {
    case TcpType::active:
      return "active";
    case TcpType::passive:
      return "passive";
    case TcpType::simultaneous_open:
      return "so";
  }
  return "";
}

std::uint32_t type_preference(CandidateType type) {
  switch (type) {
    case CandidateType::host:
      return 126;
    case CandidateType::peer_reflexive:
      return 110;
    case CandidateType::server_reflexive:
      return 100;
    case CandidateType::relayed:
      return 0;
  }
  return 0;
}

std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                 std::uint8_t component) {
  return type_preference(type) << 24 | std::uint32_t{local_preference} << 8 | (256U - component);
}

std::uint16_t tcp_local_preference(CandidateType type, TcpType tcp_type, std::uint16_t other) {
  const bool reflexive =
      type == CandidateType::server_reflexive || type == CandidateType::peer_reflexive;
  const auto direction = [&]() -> unsigned {
    switch (tcp_type) {
      case TcpType::active:
        return reflexive ? 4 : 6;
      case TcpType::passive:
        return reflexive ? 2 : 4;
      case TcpType::simultaneous_open:
        return reflexive ? 6 : 2;
    }
    return 0;
  }();
  return static_cast<std::uint16_t>(direction << 13 | other);
}

std::uint32_t peer_reflexive_priority(std::uint32_t priority) {
  return type_preference(CandidateType::peer_reflexive) << 24 | (priority & 0x00ff'ffff);
}

std::string_view to_string(AddressRefusal refusal) {
  switch (refusal) {
    case AddressRefusal::unspecified:
      return "unspecified address";
    case AddressRefusal::loopback:
      return "loopback address";
    case AddressRefusal::multicast:
      return "multicast address";
    case AddressRefusal::site_local:
      return "site-local IPv6 address";
    case AddressRefusal::duplicate:
      return "added before";
    case AddressRefusal::too_late:
      return "added after the end of gathering";
  }
  return "";
}

std::optional<AddressRefusal> refusal_of(const Endpoint& address) {
  const IpAddress& ip = address.address;
  if (ip.is_any() || address.port == 0) return AddressRefusal::unspecified;
  if (ip.is_loopback()) return AddressRefusal::loopback;
  if (ip.is_multicast()) return AddressRefusal::multicast;
  if (!ip.is_v4() && ip.high() >> 54 == 0x3fb) return AddressRefusal::site_local;
  return std::nullopt;
}

}  // namespace natsim::ice
