// A link as a script sees it.
#pragma once

#include <string>
#include <utility>

#include "sim/net/link.h"
#include "sim/script/object.h"

namespace natsim::script {

// link:set{…}, link:up(boolean, {…}), link:counters(), link.is_up. Both directions live as long as
// the network.
class LinkObject : public Scripted {
 public:
  static const Class lua_class;

  LinkObject(net::Link& up, net::Link& down) : up_(up), down_(down) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;

 private:
  int set(lua_State* lua);
  int switch_up(lua_State* lua);
  int counters(lua_State* lua);
  int is_up(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  net::Link& up_;
  net::Link& down_;
};

}  // namespace natsim::script
