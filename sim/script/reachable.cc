#include "sim/script/reachable.h"

#include <fmt/format.h>

#include "sim/script/host_object.h"
#include "sim/script/run.h"
#include "sim/script/table_writer.h"

namespace natsim::script {

const Class Reachable::lua_class = {"server", "a server or socket", {}, {}};

int Reachable::push_endpoint(lua_State* lua) {
  push_string(lua, to_string(endpoint()));
  return 1;
}

Endpoint read_endpoint(const Value& value) {
  constexpr std::string_view expected =
      "an endpoint: \"203.0.113.10:7\", { host, 7 }, or a server or socket";
  const StackMark mark(value.lua());
  if (value.is_table() && value.length() == 2) {
    const HostObject& host = Run::of(value.lua()).net().names().at<HostObject>(value.element(1));
    return {host.address(), value.element(2).port()};
  }
  if (const auto* const reachable =
          dynamic_cast<Reachable*>(to_scripted(value.lua(), value.index()))) {
    return reachable->endpoint();
  }
  if (const auto* const host = dynamic_cast<HostObject*>(to_scripted(value.lua(), value.index()))) {
    value.complain(
        fmt::format("{} alone has no port: write {{ host, 7 }} or the like", host->shown()));
  }
  const auto endpoint = value.is_text() ? Endpoint::parse(value.text()) : std::nullopt;
  if (!endpoint || endpoint->port == 0 || endpoint->address.is_any()) value.refuse(expected);
  return *endpoint;
}

}  // namespace natsim::script
