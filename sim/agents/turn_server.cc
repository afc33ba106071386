#include "sim/agents/turn_server.h"

#include <utility>
#include <variant>

namespace natsim::agents {
namespace {

core::DropReason drop_reason(turn::DropReason why) {
  switch (why) {
    case turn::DropReason::no_permission:
      return core::DropReason::turn_no_permission;
    case turn::DropReason::channel_unknown:
      return core::DropReason::turn_no_channel;
    case turn::DropReason::no_allocation:
      return core::DropReason::turn_no_allocation;
    case turn::DropReason::malformed:
      return core::DropReason::stun_malformed;
    default:
      return core::DropReason::agent_unexpected;
  }
}

std::string_view word(turn::AllocationEnded::Why why) {
  switch (why) {
    case turn::AllocationEnded::Why::expired:
      return "expired";
    case turn::AllocationEnded::Why::deleted:
      return "deleted";
    case turn::AllocationEnded::Why::connection_closed:
      return "connection closed";
  }
  return "";
}

}  // namespace

Result<std::unique_ptr<TurnServer>> TurnServer::start(net::Host& host,
                                                      const TurnServerOptions& options) {
  turn::ServerOptions turn = options.turn;
  for (const auto port : {options.tcp_port, options.tls_port}) {
    if (port) turn.stream_listening.push_back({turn.listening.front().address, *port});
  }
  std::unique_ptr<TurnServer> server(new TurnServer(host, turn));
  for (const Endpoint& listening : options.turn.listening) {
    if (const auto bound = server->bind(listening); !bound) return Error{bound.error()};
  }
  if (options.tcp_port) {
    auto listener = server->listen(*options.tcp_port);
    if (!listener) return Error{listener.error()};
    server->tcp_ = std::move(listener.value());
  }
  if (options.tls_port) {
    auto listener = server->listen(*options.tls_port);
    if (!listener) return Error{listener.error()};
    server->tls_ = std::move(listener.value());
    server->tls_use_ = options.tls;
  }
  return server;
}

Result<std::unique_ptr<net::TcpListener>> TurnServer::listen(std::uint16_t port) {
  return host().tcp().listen({.local = {listening_.address, port}, .options = {.nagle = false}},
                             *this);
}

Endpoint TurnServer::endpoint(Transport transport) const {
  if (transport == Transport::udp) return listening_;
  const auto& listener = transport == Transport::tcp ? tcp_ : tls_;
  return listener != nullptr ? listener->local() : Endpoint();
}

void TurnServer::accept(net::TcpListener& listener, std::unique_ptr<net::TcpSocket> socket) {
  if (&listener != tcp_.get() && &listener != tls_.get()) {
    return accept_peer(listener.local(), std::move(socket));
  }
  const std::pair key(socket->remote(), socket->local());
  const Transport transport = &listener == tls_.get() ? Transport::tls : Transport::tcp;
  tell("turn.connected", {{"client", key.first}, {"transport", to_string(transport)}});
  std::optional<TlsLayer> tls;
  if (transport == Transport::tls) {
    const Random random = world().random(label()).split("tls").split(tls_connections_++);
    tls.emplace(*this, tls_use_->authority->server(tls_use_->options, random));
  }
  connections_[key] = {
      transport, TurnStream::accept(std::move(socket), *this, std::move(tls), highest_channel_),
      std::nullopt};
}

void TurnServer::on_message(TurnStream& stream, ByteView message) {
  const Transport transport = connections_.at({stream.remote(), stream.local()}).transport;
  machine_.receive(stream.local(), stream.remote(), message, world().now(), transport);
  taking_ = true;
  drain();
  taking_ = false;
  pump();
}

void TurnServer::on_end(TurnStream& stream, std::string_view why) {
  const auto found = connections_.find({stream.remote(), stream.local()});
  const turn::FiveTuple tuple{stream.remote(), stream.local(), found->second.transport};
  tell("turn.disconnected",
       {{"client", tuple.client}, {"transport", to_string(tuple.transport)}, {"reason", why}});
  connections_.erase(found);
  machine_.connection_closed(tuple, world().now());
  pump();
}

void TurnServer::send_by_connection(const Transmit& message) {
  const auto found = connections_.find({message.remote, message.local});
  if (found == connections_.end()) return;  // it has ended, of which the machine was told
  if (!found->second.stream->send(message.payload)) {
    discard(current_, core::DropReason::queue_overflow, "TCP to the client takes no more");
  }
}

void TurnServer::take(const Endpoint& local, const net::Packet& packet) {
  current_ = &packet;
  taking_ = true;
  if (local == listening_) {
    machine_.receive(local, packet.source, packet.payload(), world().now());
  } else {
    machine_.receive_from_peer(local, packet.source, packet.payload(), world().now());
  }
  // Drained while the packet is there, so that a drop is told of it.
  drain();
  taking_ = false;
  current_ = nullptr;
}

void TurnServer::take_error(const Endpoint& local, net::IcmpError error, const Endpoint& remote) {
  if (local == listening_) return;
  const auto [type, code] = net::wire_form(error, remote.address.family());
  machine_.receive_icmp_error(local, remote, {.type = type, .code = code}, world().now());
}

void TurnServer::drain() {
  // A relay must be open before what is sent from it.
  while (const auto event = machine_.poll_event()) {
    std::visit([this](const auto& e) { on(e); }, *event);
  }
  while (const auto out = machine_.poll_transmit()) {
    if (is_stream(out->transport)) {
      send_by_connection(*out);
    } else {
      transmit(*out);
    }
  }
  for (const turn::JoinStreams& streams : std::exchange(to_join_, {})) join(streams);
}

void TurnServer::on(const turn::OpenRelay& event) {
  if (event.tcp) return open_relay_for_tcp(event.relay);
  // The machine owns the port range; a port that another program of the host holds gives an
  // allocation that nothing arrives at, and this event.
  if (const auto bound = bind(event.relay); !bound) {
    tell("turn.relay_failed",
         {{"relay", event.relay}, {"reason", std::string_view(bound.error())}});
  }
}

void TurnServer::on(const turn::AllocationCreated& event) {
  tell("turn.allocated", {{"client", event.tuple.client},
                          {"relay", event.relay},
                          {"user", std::string_view(event.username)},
                          {"lifetime", event.lifetime}});
}

void TurnServer::on(const turn::AllocationRefreshed& event) {
  tell("turn.refreshed",
       {{"client", event.tuple.client}, {"relay", event.relay}, {"lifetime", event.lifetime}});
}

void TurnServer::on(const turn::AllocationMoved& event) {
  tell("turn.moved",
       {{"client", event.to.client}, {"former", event.from.client}, {"relay", event.relay}});
}

void TurnServer::on(const turn::AllocationEnded& event) {
  tell("turn.ended",
       {{"client", event.tuple.client}, {"relay", event.relay}, {"why", word(event.why)}});
}

void TurnServer::on(const turn::PermissionInstalled& event) {
  tell("turn.permission", {{"client", event.tuple.client},
                           {"relay", event.relay},
                           {"peer", Endpoint{event.peer, 0}},
                           {"refreshed", event.refreshed}});
}

void TurnServer::on(const turn::PermissionExpired& event) {
  tell("turn.permission_expired",
       {{"client", event.tuple.client}, {"relay", event.relay}, {"peer", Endpoint{event.peer, 0}}});
}

void TurnServer::on(const turn::ChannelInstalled& event) {
  tell("turn.channel", {{"client", event.tuple.client},
                        {"relay", event.relay},
                        {"peer", event.peer},
                        {"number", event.number},
                        {"refreshed", event.refreshed}});
}

void TurnServer::on(const turn::ChannelExpired& event) {
  tell("turn.channel_expired", {{"client", event.tuple.client},
                                {"relay", event.relay},
                                {"peer", event.peer},
                                {"number", event.number}});
}

void TurnServer::on(const turn::RequestRefused& event) {
  const std::string method = stun::to_string(event.method);
  tell("turn.refused", {{"client", event.tuple.client},
                        {"method", std::string_view(method)},
                        {"code", static_cast<std::int64_t>(event.code)},
                        {"reason", event.reason}});
}

void TurnServer::on(const turn::PacketDropped& event) {
  if (taking_) discard(current_, drop_reason(event.why), turn::to_string(event.why));
}

}  // namespace natsim::agents
