// The servers that run on hosts, as scripts see them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/agents/stun_server.h"
#include "sim/agents/turn_server.h"
#include "sim/agents/udp_echo.h"
#include "sim/script/reachable.h"
#include "stack/stun/binding_server.h"
#include "stack/turn/server_options.h"

namespace natsim::script {

// server.endpoint, server.answered (requests; nil while a TURN server answers in its place).
class StunServerObject : public Reachable {
 public:
  static const Class lua_class;

  StunServerObject(std::unique_ptr<agents::StunServer> agent,
                   const stun::BindingServer::Options& options)
      : agent_(std::move(agent)), options_(options) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return options_.primary; }
  [[nodiscard]] bool discovers_behaviour() const { return options_.alternate.has_value(); }
  // Leaves the endpoint to a TURN server, which answers Binding requests as well.
  void give_way() { agent_.reset(); }

 private:
  int answered(lua_State* lua);

  static const Member fields[];

  std::unique_ptr<agents::StunServer> agent_;  // null once it has given way
  stun::BindingServer::Options options_;
};

// server.endpoint, server:allocations().
class TurnServerObject : public Reachable {
 public:
  static const Class lua_class;
  using User = turn::ServerOptions::User;

  TurnServerObject(std::unique_ptr<agents::TurnServer> agent, const turn::ServerOptions& options)
      : agent_(std::move(agent)), users_(options.users), secret_(options.shared_secret) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return agent_->endpoint(); }
  [[nodiscard]] Endpoint endpoint(Transport transport) const { return agent_->endpoint(transport); }
  // In the order of their names.
  [[nodiscard]] const std::vector<User>& users() const { return users_; }
  [[nodiscard]] const std::optional<std::string>& secret() const { return secret_; }

 private:
  int allocations(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  std::unique_ptr<agents::TurnServer> agent_;
  std::vector<User> users_;
  std::optional<std::string> secret_;  // that ephemeral credentials are made with
};

// echo.endpoint, echo.echoed.
class EchoObject : public Reachable {
 public:
  static const Class lua_class;

  explicit EchoObject(std::unique_ptr<agents::UdpEcho> agent) : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return agent_->local(); }

 private:
  int echoed(lua_State* lua);

  static const Member fields[];

  std::unique_ptr<agents::UdpEcho> agent_;
};

// The options in the table at `value`, or the defaults if it is nil, for a server on a host with
// these addresses.
stun::BindingServer::Options read_stun_server(const Value& value,
                                              const std::vector<IpAddress>& addresses);
agents::TurnServerOptions read_turn_server(const Value& value, const net::Host& host,
                                           const std::vector<IpAddress>& addresses);

inline constexpr std::uint16_t default_turn_tls_port = 5349;  // RFC 8656 §17
inline constexpr const char* turn_over_tls = "stun.turn";     // its ALPN (RFC 7443 §3)

}  // namespace natsim::script
