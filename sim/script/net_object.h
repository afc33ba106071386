// `net`: what a scenario builds its world with.
#pragma once

#include "sim/script/address_plan.h"
#include "sim/script/node_names.h"
#include "sim/script/object.h"

namespace natsim::script {

// net:router, net:host, net:home, net:nat, net:firewall, net:link, net:call, net:signalling,
// net:partition, net:drops,
// net:now.
class NetObject : public Scripted {
 public:
  static const Class lua_class;

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] NodeNames& names() { return names_; }
  [[nodiscard]] AddressPlan& plan() { return plan_; }

 private:
  int router(lua_State* lua);
  int host(lua_State* lua);
  int home(lua_State* lua);
  int nat(lua_State* lua);
  int firewall(lua_State* lua);
  int link(lua_State* lua);
  int call(lua_State* lua);
  int signalling(lua_State* lua);
  int partition(lua_State* lua);
  int drops(lua_State* lua);
  int now(lua_State* lua);

  static const Member methods[];

  NodeNames names_;
  AddressPlan plan_;
};

}  // namespace natsim::script
