// DNS as scripts see it.
#pragma once

#include <memory>
#include <utility>

#include "sim/agents/dns_server.h"
#include "sim/net/host.h"
#include "sim/script/reachable.h"
#include "sim/script/value.h"

namespace natsim::script {

// server.endpoint, server.answered (queries).
class DnsServerObject : public Reachable {
 public:
  static const Class lua_class;

  explicit DnsServerObject(std::unique_ptr<agents::DnsServer> agent) : agent_(std::move(agent)) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] Endpoint endpoint() const override { return agent_->local(); }

 private:
  int answered(lua_State* lua);

  static const Member fields[];

  std::unique_ptr<agents::DnsServer> agent_;
};

dns::ServerOptions read_dns_server(const Value& table);

// Bindings: end the running one in a wait. The first gives the addresses that a name has, as a list
// of texts, or nil and the reason; the second the prefix of the NAT64 that the server synthesizes
// addresses for, or nil.
int resolve_name(lua_State* lua, net::Host& host, const Endpoint& server, const Value& name,
                 const Value& options);
int discover_nat64(lua_State* lua, net::Host& host, const Endpoint& server);

}  // namespace natsim::script
