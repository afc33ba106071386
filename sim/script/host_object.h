// A host as a script sees it: where it is, and the programs that run on it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/agents/ice_peer.h"
#include "sim/agents/mdns_responder.h"
#include "sim/agents/tcp_service.h"
#include "sim/net/host.h"
#include "sim/script/b4_object.h"
#include "sim/script/clat_object.h"
#include "sim/script/firewall_object.h"
#include "sim/script/interface_object.h"
#include "sim/script/link_object.h"
#include "sim/script/nat_object.h"
#include "sim/script/node_object.h"
#include "sim/script/outside.h"
#include "sim/script/servers.h"
#include "sim/script/signalling_object.h"

namespace natsim::script {

class HostObject : public NodeObject {
 public:
  static const Class lua_class;

  explicit HostObject(net::Host& host) : host_(host) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

  [[nodiscard]] net::Host& host() const { return host_; }
  [[nodiscard]] net::Node& node() const override { return host_; }
  // The first address of the first interface. Precondition: the host has one.
  [[nodiscard]] IpAddress address() const;
  [[nodiscard]] std::vector<IpAddress> addresses() const;

  void add_link(LinkObject& link) { links_.push_back(&link); }
  // The box in front of a home's host, and the link that leads from it to the outside.
  void set_home(NatObject* nat, LinkObject& wan) {
    nat_ = nat;
    wan_ = &wan;
  }
  void set_nat(NatObject& nat) { nat_ = &nat; }
  void set_firewall(FirewallObject& firewall) { firewall_ = &firewall; }
  void set_clat(ClatObject& clat) { clat_ = &clat; }
  void set_b4(B4Object& b4) { b4_ = &b4; }

  // A program of natsim's own is to run here. Raises if none can.
  void begin_program(lua_State* lua, std::string_view function);
  // Sets what of the options is the host's own. Raises if it cannot.
  void equip(lua_State* lua, std::string_view function, agents::IcePeerOptions& options);

  // Null if the host runs none. A TURN server serves STUN too.
  [[nodiscard]] const StunServerObject* stun() const { return stun_; }
  [[nodiscard]] const TurnServerObject* turn() const { return turn_; }
  [[nodiscard]] const SignallingServerObject* signalling() const { return signalling_; }

 private:
  // host_object.cc: where it is.
  int name(lua_State* lua);
  int ip(lua_State* lua);
  int ips(lua_State* lua);
  int nat(lua_State* lua);
  int firewall(lua_State* lua);
  int clat(lua_State* lua);
  int b4(lua_State* lua);
  int link(lua_State* lua);
  int links(lua_State* lua);
  int wan(lua_State* lua);

  // host_moves.cc: what happens to it.
  int set(lua_State* lua);
  int sleep(lua_State* lua);
  int wake(lua_State* lua);
  int asleep(lua_State* lua);
  int interfaces(lua_State* lua);

  // host_programs.cc: what runs on it.
  int stun_server(lua_State* lua);
  int turn_server(lua_State* lua);
  int echo(lua_State* lua);
  int udp(lua_State* lua);
  int peer_connection(lua_State* lua);
  int map_port(lua_State* lua);
  int raw(lua_State* lua);
  int udp_source(lua_State* lua);
  int stun_request(lua_State* lua);
  int ping(lua_State* lua);
  int probe(lua_State* lua);
  int dns_server(lua_State* lua);
  int resolve(lua_State* lua);
  int discover_nat64(lua_State* lua);

  // live_programs.cc: real ones.
  int spawn(lua_State* lua);
  int attach(lua_State* lua);
  void attach_to_outside(lua_State* lua, std::string_view function,
                         const AttachmentOptions& options);

  // signalling_programs.cc: rooms by WebSocket.
  int signalling_server(lua_State* lua);
  int signalling_client(lua_State* lua);

  // tcp_programs.cc: those that speak TCP.
  int tcp_listen(lua_State* lua);
  int tcp_connect(lua_State* lua);
  int tcp_echo(lua_State* lua);
  int tcp_discard(lua_State* lua);
  int tcp_source(lua_State* lua);
  int tcp_silent(lua_State* lua);
  int turn_tcp_relay(lua_State* lua);
  int serve_tcp(lua_State* lua, std::string_view function, agents::TcpServiceKind kind);

  // Raises if the host has no address yet, which every program needs.
  void require_address(lua_State* lua, std::string_view function) const;
  // The endpoint that a STUN or TURN server of this host is asked at.
  [[nodiscard]] Endpoint server_endpoint(const Value& server, std::string_view function) const;

  static const Member methods[];
  static const Member fields[];

  net::Host& host_;
  bool simulated_ = false;  // programs of natsim's own run here
  bool attached_ = false;   // a namespace of the machine is in its place
  std::vector<LinkObject*> links_;
  std::vector<InterfaceObject*> interfaces_;  // those that the script has asked for
  NatObject* nat_ = nullptr;                  // null without a NAT
  FirewallObject* firewall_ = nullptr;        // null without one
  ClatObject* clat_ = nullptr;                // null without one
  B4Object* b4_ = nullptr;                    // null without one
  LinkObject* wan_ = nullptr;                 // null unless the host is of a home
  StunServerObject* stun_ = nullptr;
  TurnServerObject* turn_ = nullptr;
  SignallingServerObject* signalling_ = nullptr;
  std::unique_ptr<agents::MdnsResponder> responder_;  // null until a peer has names
};

}  // namespace natsim::script
