// An interface of a host as a script sees it.
#pragma once

#include <string>

#include "sim/net/interface.h"
#include "sim/script/object.h"

namespace natsim::script {

// interface:up(boolean), interface:set_address(…); interface.name, interface.is_up, interface.ips.
class InterfaceObject : public Scripted {
 public:
  static const Class lua_class;

  explicit InterfaceObject(net::Interface& interface) : interface_(interface) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  [[nodiscard]] net::Interface& interface() const { return interface_; }

 private:
  int switch_up(lua_State* lua);
  int set_address(lua_State* lua);
  int name(lua_State* lua);
  int is_up(lua_State* lua);
  int ips(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  net::Interface& interface_;
};

}  // namespace natsim::script
