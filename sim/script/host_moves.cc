// What happens to a host: sleep, its interfaces, its ways with fragments.
#include <array>
#include <optional>

#include "sim/script/host_object.h"
#include "sim/script/options.h"
#include "sim/script/run.h"
#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

struct HostSettings {
  std::optional<bool> dont_fragment;
  net::ReassemblyOptions reassembly;
};

constexpr std::array<Key<HostSettings>, 3> host_settings_keys = {{
    {"dont_fragment",
     [](const Value& value, HostSettings& settings) { settings.dont_fragment = value.boolean(); }},
    {"reassembly_timeout",
     [](const Value& value, HostSettings& settings) {
       settings.reassembly.timeout = value.positive_duration();
     }},
    {"reassembly_bytes",
     [](const Value& value, HostSettings& settings) {
       settings.reassembly.max_bytes = value.size();
     }},
}};

}  // namespace

int HostObject::set(lua_State* lua) {
  HostSettings settings{.reassembly = host_.reassembly()};
  read_options(Value(lua, 2, "host:set"), host_settings_keys, settings);
  if (settings.dont_fragment) host_.set_dont_fragment(*settings.dont_fragment);
  host_.set_reassembly(settings.reassembly);
  return 0;
}

int HostObject::sleep(lua_State* lua) {
  host_.sleep();
  Run::of(lua).tell("host_asleep", {{"host", host_.label()}});
  return 0;
}

int HostObject::wake(lua_State* lua) {
  host_.wake();
  Run::of(lua).tell("host_awake", {{"host", host_.label()}});
  return 0;
}

int HostObject::asleep(lua_State* lua) {
  lua_pushboolean(lua, host_.asleep());
  return 1;
}

int HostObject::interfaces(lua_State* lua) {
  const auto& all = host_.interfaces();
  while (interfaces_.size() < all.size()) {
    interfaces_.push_back(&Run::of(lua).make<InterfaceObject>(lua, *all[interfaces_.size()]));
  }
  push_list(lua, interfaces_, [lua](InterfaceObject* const interface) { push(lua, *interface); });
  return 1;
}

}  // namespace natsim::script
