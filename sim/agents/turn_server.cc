#include "sim/agents/turn_server.h"

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

}  // namespace

Result<std::unique_ptr<TurnServer>> TurnServer::start(net::Host& host,
                                                      const turn::ServerOptions& options) {
  std::unique_ptr<TurnServer> server(new TurnServer(host, options));
  for (const Endpoint& listening : options.listening) {
    if (const auto bound = server->bind(listening); !bound) return Error{bound.error()};
  }
  return server;
}

TurnServer::TurnServer(net::Host& host, const turn::ServerOptions& options)
    : Agent(host, "turn"),
      listening_(options.listening.front()),
      machine_(options, host.world().random(label())) {}

void TurnServer::take(const Endpoint& local, const net::Packet& packet) {
  current_ = &packet;
  if (local == listening_) {
    machine_.receive(local, packet.source, packet.payload(), world().now());
  } else {
    machine_.receive_from_peer(local, packet.source, packet.payload(), world().now());
  }
  // Drained while the packet is there, so that a drop is told of it.
  drain();
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
  while (const auto out = machine_.poll_transmit()) transmit(*out);
}

void TurnServer::on(const turn::OpenRelay& event) {
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

void TurnServer::on(const turn::AllocationEnded& event) {
  const bool expired = event.why == turn::AllocationEnded::Why::expired;
  tell("turn.ended", {{"client", event.tuple.client},
                      {"relay", event.relay},
                      {"why", std::string_view(expired ? "expired" : "deleted")}});
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
  if (current_ != nullptr) {
    host().discard(*current_, drop_reason(event.why), turn::to_string(event.why));
  }
}

}  // namespace natsim::agents
