// Where a script can send datagrams to.
#pragma once

#include "sim/script/object.h"
#include "stack/base/address.h"

namespace natsim::script {

// A program with an endpoint that others can send to.
class Reachable : public Scripted {
 public:
  static const Class lua_class;  // stands for any of them in errors

  [[nodiscard]] virtual Endpoint endpoint() const = 0;

  // The field `endpoint`: the text of it.
  int push_endpoint(lua_State* lua);
};

// An endpoint written as "203.0.113.10:7", as `{ host, 7 }`, or as a Reachable.
Endpoint read_endpoint(const Value& value);

}  // namespace natsim::script
