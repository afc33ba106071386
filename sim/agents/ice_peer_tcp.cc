// An ICE peer's TCP candidates: their listeners, and the connections to the other peer.
#include <utility>

#include "sim/agents/ice_peer.h"

namespace natsim::agents {

void IcePeer::add_tcp_candidates(const std::vector<Base>& bases) {
  if (!tcp_) return;
  for (const Base& base : bases) {
    // A fixed port serves all generations.
    Endpoint local{base.local.address, port_of(base.agent)};
    if (!tcp_->listens(local)) {
      const auto listening = tcp_->listen(local);
      if (!listening) {
        tell_path(local, {}, "failed", listening.error());
        continue;
      }
      local = listening.value();
    }
    session_.add_tcp_address(base.agent, local, world().now());
  }
}

void IcePeer::on(const ice::ConnectionNeeded& event) {
  tell_path(event.base, event.remote, "connecting", {});
  tcp_->connect(event.base, event.remote);
}

void IcePeer::on(const ice::SocketReleased& event) {
  if (!is_stream(event.transport)) {
    unbind(event.local);
  } else if (tcp_) {
    tcp_->stop_listening(event.local);
  }
}

bool IcePeer::on_connection(const Endpoint& base, const Endpoint& remote,
                            const std::optional<Endpoint>& local, std::string_view why) {
  tell_path(local.value_or(base), remote, local ? "open" : "failed", why);
  const bool waited = session_.connection_opened(base, remote, local, world().now());
  pump();
  return waited;
}

bool IcePeer::on_accept(const Endpoint& local, const Endpoint& remote) {
  tell_path(local, remote, "accepted", {});
  const bool taken = session_.connection_accepted(local, remote, world().now());
  pump();
  return taken;
}

void IcePeer::on_framed(const Endpoint& local, const Endpoint& remote, ByteView message) {
  take_message(local, remote, message, Transport::tcp);
  pump();
}

void IcePeer::on_connection_end(const Endpoint& local, const Endpoint& remote,
                                std::string_view why) {
  tell_path(local, remote, "closed", why);
  session_.connection_lost(local, remote, world().now());
  pump();
}

void IcePeer::tell_path(const Endpoint& local, const Endpoint& remote, std::string_view state,
                        std::string_view reason) {
  tell("ice.path", {{"local", local}, {"remote", remote}, {"state", state}, {"reason", reason}});
}

}  // namespace natsim::agents
