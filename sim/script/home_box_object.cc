#include "sim/script/home_box_object.h"

#include <utility>

#include "sim/script/table_writer.h"

namespace natsim::script {

const Class HomeBoxObject::lua_class = {"home box", "a home's box", {}, {}};

HomeBoxObject::HomeBoxObject(net::Node& box, LinkObject& wan, std::vector<Prefix> blocks)
    : box_(box),
      wan_(wan),
      pool_(std::move(blocks), true),
      inside_address_(pool_.next(Family::ipv4).value()) {
  pool_.claim(inside_address_, box.name());
}

net::Interface& HomeBoxObject::open_interface() {
  net::Interface& interface = box_.add_interface();
  interface.add_address(inside_address_, pool_.on_link_length(inside_address_));
  return interface;
}

int HomeBoxObject::name(lua_State* lua) {
  push_string(lua, box_.label());
  return 1;
}

int HomeBoxObject::push_wan(lua_State* lua) {
  push(lua, wan_);
  return 1;
}

}  // namespace natsim::script
