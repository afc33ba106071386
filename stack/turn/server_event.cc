#include "stack/turn/server_event.h"

#include <fmt/format.h>

namespace natsim::turn {
namespace {

std::string name(std::uint16_t channel) { return fmt::format("{:#06x}", channel); }

std::string text(const OpenRelay& e) { return fmt::format("open relay {}", to_string(e.relay)); }
std::string text(const CloseRelay& e) { return fmt::format("close relay {}", to_string(e.relay)); }

std::string text(const ConnectPeer& e) {
  return fmt::format("connect {} with {}", to_string(e.relay), to_string(e.peer));
}
std::string text(const JoinStreams& e) {
  return fmt::format("join connection {:#010x} with {}", e.id, to_string(e.data.client));
}
std::string text(const ClosePeer& e) { return fmt::format("close connection {:#010x}", e.id); }

std::string text(const AllocationCreated& e) {
  return fmt::format("allocated {} to {} ({}) for {}", to_string(e.relay),
                     to_string(e.tuple.client), e.username, to_string(e.lifetime));
}
std::string text(const AllocationRefreshed& e) {
  return fmt::format("refreshed {} of {} for {}", to_string(e.relay), to_string(e.tuple.client),
                     to_string(e.lifetime));
}
std::string text(const AllocationMoved& e) {
  return fmt::format("moved {} from {} to {}", to_string(e.relay), to_string(e.from.client),
                     to_string(e.to.client));
}
std::string text(const AllocationEnded& e) {
  return fmt::format("{} of {} {}", to_string(e.relay), to_string(e.tuple.client),
                     to_string(e.why));
}
std::string text(const PermissionInstalled& e) {
  return fmt::format("{}: permission for {} {} until {}", to_string(e.relay), to_string(e.peer),
                     e.refreshed ? "refreshed" : "installed", to_string(e.expires));
}
std::string text(const PermissionExpired& e) {
  return fmt::format("{}: permission for {} expired", to_string(e.relay), to_string(e.peer));
}
std::string text(const ChannelInstalled& e) {
  return fmt::format("{}: channel {} {} to {} until {}", to_string(e.relay), name(e.number),
                     e.refreshed ? "refreshed" : "bound", to_string(e.peer), to_string(e.expires));
}
std::string text(const ChannelExpired& e) {
  return fmt::format("{}: channel {} to {} expired, not to be bound otherwise until {}",
                     to_string(e.relay), name(e.number), to_string(e.peer),
                     to_string(e.quarantine_ends));
}
std::string text(const RequestRefused& e) {
  return fmt::format("refused {} of {}: {} {}", to_string(e.method), to_string(e.tuple.client),
                     static_cast<unsigned>(e.code), e.reason);
}
std::string text(const PacketDropped& e) {
  std::string line =
      fmt::format("dropped {} bytes from {} at {}", e.size, to_string(e.from), to_string(e.to));
  if (e.channel != 0) line += fmt::format(" on channel {}", name(e.channel));
  if (e.peer.is_set() && e.peer != e.from) line += fmt::format(" for {}", to_string(e.peer));
  return fmt::format("{}: {}", line, to_string(e.why));
}

}  // namespace

std::string_view to_string(AllocationEnded::Why why) {
  switch (why) {
    case AllocationEnded::Why::expired:
      return "expired";
    case AllocationEnded::Why::deleted:
      return "deleted by its client";
    case AllocationEnded::Why::connection_closed:
      return "ended with its connection";
  }
  return "unknown";
}

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::malformed:
      return "malformed";
    case DropReason::unknown_method:
      return "a method that a TURN server does not take";
    case DropReason::unexpected_class:
      return "a response to nothing";
    case DropReason::unknown_attribute:
      return "an unknown comprehension-required attribute";
    case DropReason::no_allocation:
      return "no allocation";
    case DropReason::no_permission:
      return "no permission for the peer";
    case DropReason::channel_unknown:
      return "the channel is not bound";
    case DropReason::peer_denied:
      return "the peer is in a denied block";
    case DropReason::peer_family:
      return "the peer is of the other address family";
    case DropReason::too_large:
      return "too large to be framed for the client";
    case DropReason::too_many_connections:
      return "too many connections with peers";
    case DropReason::relays_tcp:
      return "the allocation relays TCP";
    case DropReason::icmp_irrelevant:
      return "an ICMP error that is not passed on";
  }
  return "unknown";
}

std::string to_string(const ServerEvent& event) {
  return std::visit([](const auto& e) { return text(e); }, event);
}

}  // namespace natsim::turn
