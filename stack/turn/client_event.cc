#include "stack/turn/client_event.h"

#include <fmt/format.h>

namespace natsim::turn {
namespace {

std::string with_code(std::string_view why, int code) {
  return code == 0 ? std::string(why) : fmt::format("{} ({})", why, code);
}

std::string text(const Allocated& e) {
  std::string relayed = to_string(e.relayed);
  if (e.additional) relayed += " and " + to_string(*e.additional);
  std::string line = fmt::format("allocated {} (mapped {}) for {}", relayed, to_string(e.mapped),
                                 to_string(e.lifetime));
  if (e.missing_code != 0) line += fmt::format(", without the other family ({})", e.missing_code);
  return line;
}
std::string text(const Redirected& e) {
  return fmt::format("redirected from {} to {}", to_string(e.from), to_string(e.to));
}
std::string text(const Failed& e) {
  const std::string line = fmt::format("no allocation: {}", with_code(to_string(e.why), e.code));
  return e.reason.empty() ? line : fmt::format("{}, \"{}\"", line, e.reason);
}
std::string text(const NeedNewLocalPort&) { return "needs another local port or connection"; }
std::string text(const PermissionReady& e) {
  return fmt::format("permission for {}", to_string(e.peer));
}
std::string text(const PermissionFailed& e) {
  const std::string line = fmt::format("no permission for {}: {}", to_string(e.peer),
                                       with_code(to_string(e.why), e.code));
  return e.discarded == 0 ? line : fmt::format("{}; {} datagrams lost", line, e.discarded);
}
std::string text(const ChannelBound& e) {
  return fmt::format("channel {:#06x} bound to {}", e.number, to_string(e.peer));
}
std::string text(const ChannelFailed& e) {
  return fmt::format("no channel to {}: {}", to_string(e.peer),
                     with_code(to_string(e.why), e.code));
}
std::string text(const PeerConnected& e) {
  return fmt::format("connection {:#010x} {} {}", e.id, e.by_peer ? "from" : "to",
                     to_string(e.peer));
}
std::string text(const PeerConnectFailed& e) {
  return fmt::format("no connection to {}: {}", to_string(e.peer),
                     with_code(to_string(e.why), e.code));
}
std::string text(const PeerUnreachable& e) {
  return fmt::format("ICMP type {} code {} about {}", e.type, e.code, to_string(e.peer));
}
std::string text(const Moved& e) { return fmt::format("moved to {}", to_string(e.local)); }
std::string text(const Expired& e) {
  return fmt::format("allocation lost: {}", with_code(to_string(e.why), e.code));
}
std::string text(const Closed&) { return "closed"; }

}  // namespace

std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::timeout:
      return "no answer";
    case Failure::refused:
      return "refused";
    case Failure::bad_credentials:
      return "wrong credentials";
    case Failure::not_authentic:
      return "no answer with the right integrity";
    case Failure::bad_response:
      return "a response without what it must hold";
    case Failure::redirect_refused:
      return "redirected where we do not go";
    case Failure::port_mismatch:
      return "every local port is taken at the server";
    case Failure::no_channel_left:
      return "no channel number is left";
    case Failure::connection_lost:
      return "no connection to the server";
  }
  return "unknown";
}

std::string_view to_string(Loss loss) {
  switch (loss) {
    case Loss::lifetime_over:
      return "its lifetime is over";
    case Loss::mismatch:
      return "the server does not know it";
    case Loss::refused:
      return "refresh refused";
    case Loss::mapped_address_changed:
      return "our mapped address has changed";
    case Loss::connection_lost:
      return "the connection to the server ended";
  }
  return "unknown";
}

std::string to_string(const ClientEvent& event) {
  return std::visit([](const auto& e) { return text(e); }, event);
}

}  // namespace natsim::turn
