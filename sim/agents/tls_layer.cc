#include "sim/agents/tls_layer.h"

#include <utility>

namespace natsim::agents {

void TlsLayer::send(ByteView plaintext) {
  if (endpoint_.state() == tls::Endpoint::State::handshaking) {
    held_.insert(held_.end(), plaintext.begin(), plaintext.end());
  } else {
    endpoint_.send(plaintext, now());
  }
}

void TlsLayer::close() {
  closing_ = true;
  endpoint_.close(now());
}

std::optional<tls::Event> TlsLayer::poll_event() {
  while (auto event = endpoint_.poll_event()) {
    if (const auto* const line = std::get_if<tls::KeyLogLine>(&*event)) {
      tell("tls.key", {{"line", std::string_view(line->line)}});
      continue;
    }
    if (const auto* const opened = std::get_if<tls::Opened>(&*event)) {
      tell("tls.opened", {{"peer", peer_},
                          {"version", to_string(opened->version)},
                          {"alpn", std::string_view(opened->alpn)},
                          {"name", std::string_view(opened->server_name)}});
      endpoint_.send(std::exchange(held_, {}), now());
    } else if (const auto* const closed = std::get_if<tls::Closed>(&*event)) {
      if (closing_) continue;
      if (!closed->clean) {
        tell("tls.failed", {{"peer", peer_}, {"reason", std::string_view(closed->reason)}});
      }
    }
    return event;
  }
  return std::nullopt;
}

void TlsLayer::tell(std::string_view kind, std::initializer_list<core::Field> fields) {
  owner_.world().events().emit(now(), owner_.id(), kind, fields);
}

}  // namespace natsim::agents
