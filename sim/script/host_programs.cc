// The programs that a script can run on a host.
#include <array>

#include "sim/agents/port_map_client.h"
#include "sim/agents/upnp_client.h"
#include "sim/script/call_options.h"
#include "sim/script/dns_object.h"
#include "sim/script/host_object.h"
#include "sim/script/nat_probing.h"
#include "sim/script/options.h"
#include "sim/script/peer_connection_object.h"
#include "sim/script/pinging.h"
#include "sim/script/port_mapping_object.h"
#include "sim/script/raw_socket_object.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"
#include "sim/script/socket_object.h"
#include "sim/script/source_object.h"
#include "sim/script/stun_requesting.h"

namespace natsim::script {
namespace {

// The program that was started, or the reason why it could not be as an error.
template <typename Program>
std::unique_ptr<Program> started(lua_State* lua, std::string_view function,
                                 Result<std::unique_ptr<Program>> result) {
  if (!result) raise(lua, "{}: {}", function, result.error());
  return std::move(result.value());
}

// Where a socket is to be bound.
struct Local {
  IpAddress ip;
  std::uint16_t port = 0;
};
constexpr std::array<Key<Local>, 2> local_keys = {{
    {"ip", [](const Value& value, Local& local) { local.ip = value.address(); }},
    {"port", [](const Value& value, Local& local) { local.port = value.port(); }},
}};

Endpoint read_local(const Value& value, const IpAddress& default_address) {
  Local local{default_address};
  if (value.present()) read_options(value, local_keys, local);
  return {local.ip, local.port};
}

}  // namespace

int HostObject::stun_server(lua_State* lua) {
  begin_program(lua, "host:stun_server");
  if (stun_ != nullptr) raise(lua, "host:stun_server: {} runs a STUN server already", shown());
  const auto options = read_stun_server(Value(lua, 2, "host:stun_server"), addresses());
  std::unique_ptr<agents::StunServer> agent;
  if (turn_ == nullptr || turn_->endpoint() != options.primary) {
    agent = started(lua, "host:stun_server", agents::StunServer::start(host_, options));
  }
  stun_ = &Run::of(lua).make<StunServerObject>(lua, std::move(agent), options);
  push(lua, *stun_);
  return 1;
}

int HostObject::turn_server(lua_State* lua) {
  begin_program(lua, "host:turn_server");
  if (turn_ != nullptr) raise(lua, "host:turn_server: {} runs a TURN server already", shown());
  const auto options = read_turn_server(Value(lua, 2, "host:turn_server"), host_, addresses());
  if (stun_ != nullptr && stun_->endpoint() == options.turn.listening.front()) {
    if (stun_->discovers_behaviour()) {
      raise(lua,
            "host:turn_server: {} serves STUN with behaviour discovery; give the TURN server "
            "another port or ip",
            to_string(stun_->endpoint()));
    }
    stun_->give_way();
  }
  auto agent = started(lua, "host:turn_server", agents::TurnServer::start(host_, options));
  turn_ = &Run::of(lua).make<TurnServerObject>(lua, std::move(agent), options.turn);
  push(lua, *turn_);
  return 1;
}

int HostObject::echo(lua_State* lua) {
  constexpr std::uint16_t echo_port = 7;  // RFC 862
  begin_program(lua, "host:echo");
  Endpoint local = read_local(Value(lua, 2, "host:echo"), address());
  if (local.port == 0) local.port = echo_port;
  auto agent = started(lua, "host:echo", agents::UdpEcho::start(host_, local));
  push(lua, Run::of(lua).make<EchoObject>(lua, std::move(agent)));
  return 1;
}

int HostObject::udp(lua_State* lua) {
  begin_program(lua, "host:udp");
  auto& socket = Run::of(lua).make<SocketObject>(lua, host_);
  const std::string reason = socket.open(read_local(Value(lua, 2, "host:udp"), address()));
  if (!reason.empty()) raise(lua, "host:udp: {}", reason);
  push(lua, socket);
  return 1;
}

int HostObject::peer_connection(lua_State* lua) {
  begin_program(lua, "host:peer_connection");
  const Value table(lua, 2, "host:peer_connection");
  auto options =
      table.present() ? read_peer_connection_options(table) : agents::PeerConnectionOptions();
  equip(lua, "host:peer_connection", options.ice);
  push(lua, Run::of(lua).make<PeerConnectionObject>(lua, lua, host_, std::move(options)));
  return 1;
}

void HostObject::equip(lua_State* lua, std::string_view function, agents::IcePeerOptions& options) {
  if (options.ice.mdns != ice::Mdns::gather) return;
  if (responder_ == nullptr) {
    responder_ = started(lua, function, agents::MdnsResponder::start(host_));
  }
  options.responder = responder_.get();
}

int HostObject::map_port(lua_State* lua) {
  begin_program(lua, "host:map_port");
  const auto options = read_port_mapping(Value(lua, 2, "host:map_port"), nat_, address().family());
  std::unique_ptr<agents::PortKeeper> agent;
  if (const auto* const upnp = std::get_if<upnp::ControlPointOptions>(&options)) {
    agent = started(lua, "host:map_port", agents::UpnpClient::start(host_, address(), *upnp));
  } else {
    agent = started(lua, "host:map_port",
                    agents::PortMapClient::start(host_, std::get<portmap::ClientOptions>(options)));
  }
  push(lua, Run::of(lua).make<PortMappingObject>(lua, std::move(agent)));
  return 1;
}

int HostObject::raw(lua_State* lua) {
  auto& socket = Run::of(lua).make<RawSocketObject>(lua, host_);
  const std::string reason = socket.open();
  if (!reason.empty()) raise(lua, "host:raw: {}", reason);
  push(lua, socket);
  return 1;
}

int HostObject::udp_source(lua_State* lua) {
  begin_program(lua, "host:udp_source");
  const auto options = read_udp_source(Value(lua, 2, "host:udp_source"), host_);
  auto agent = started(lua, "host:udp_source", agents::UdpSource::start(host_, options));
  push(lua, Run::of(lua).make<SourceObject>(lua, std::move(agent)));
  return 1;
}

Endpoint HostObject::server_endpoint(const Value& server, std::string_view function) const {
  const auto* const other = dynamic_cast<HostObject*>(to_scripted(server.lua(), server.index()));
  if (other == nullptr) return read_endpoint(server);
  if (other->stun() != nullptr) return other->stun()->endpoint();
  if (other->turn() != nullptr) return other->turn()->endpoint();
  raise(server.lua(), "{}: {} runs no STUN server", function, other->shown());
}

int HostObject::stun_request(lua_State* lua) {
  begin_program(lua, "host:stun_request");
  const Endpoint server = server_endpoint(Value(lua, 2, "host:stun_request"), "host:stun_request");
  return request_binding(lua, host_, server, Value(lua, 3, "host:stun_request"));
}

int HostObject::ping(lua_State* lua) {
  begin_program(lua, "host:ping");
  const Value to(lua, 2, "host:ping");
  const auto* const other = dynamic_cast<HostObject*>(to_scripted(lua, 2));
  if (other != nullptr) other->require_address(lua, "host:ping");
  const IpAddress remote = other != nullptr ? other->address() : to.address();
  return script::ping(lua, host_, remote, Value(lua, 3, "host:ping"));
}

int HostObject::probe(lua_State* lua) {
  begin_program(lua, "host:probe");
  const Endpoint server = server_endpoint(Value(lua, 2, "host:probe"), "host:probe");
  return probe_nat(lua, host_, server, Value(lua, 3, "host:probe"));
}

int HostObject::dns_server(lua_State* lua) {
  begin_program(lua, "host:dns_server");
  auto options = read_dns_server(Value(lua, 2, "host:dns_server"));
  auto agent =
      started(lua, "host:dns_server",
              agents::DnsServer::start(host_, {address(), dns::server_port}, std::move(options)));
  push(lua, Run::of(lua).make<DnsServerObject>(lua, std::move(agent)));
  return 1;
}

int HostObject::resolve(lua_State* lua) {
  lua_settop(lua, 4);  // what is read along the way goes above the arguments
  begin_program(lua, "host:resolve");
  const Endpoint server = read_endpoint(Value(lua, 2, "host:resolve"));
  return resolve_name(lua, host_, server, Value(lua, 3, "host:resolve"),
                      Value(lua, 4, "host:resolve"));
}

int HostObject::discover_nat64(lua_State* lua) {
  begin_program(lua, "host:discover_nat64");
  const Endpoint server = read_endpoint(Value(lua, 2, "host:discover_nat64"));
  return script::discover_nat64(lua, host_, server);
}

}  // namespace natsim::script
