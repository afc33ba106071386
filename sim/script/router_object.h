// A router as a script sees it.
#pragma once

#include <string>

#include "sim/net/router.h"
#include "sim/script/place.h"

namespace natsim::script {

class RouterObject : public Place {
 public:
  static const Class lua_class;

  // Its neighbours' addresses come from `pool`, which must outlive it.
  RouterObject(net::Router& router, AddressPool& pool) : router_(router), pool_(pool) {}

  [[nodiscard]] const Class& script_class() const override { return lua_class; }
  [[nodiscard]] std::string shown() const override;
  net::Interface& open_interface() override { return router_.add_interface(); }
  [[nodiscard]] AddressPool& addresses() override { return pool_; }
  [[nodiscard]] net::Router& router() const { return router_; }
  [[nodiscard]] net::Node& node() const override { return router_; }

 private:
  int name(lua_State* lua);

  static const Member fields[];

  net::Router& router_;
  AddressPool& pool_;
};

}  // namespace natsim::script
