// What the scripted nodes have in common: the node.
#pragma once

#include "sim/net/node.h"
#include "sim/script/object.h"

namespace natsim::script {

// A host, a router or a NAT.
class NodeObject : public Scripted {
 public:
  static const Class lua_class;  // stands for any of them in errors

  [[nodiscard]] virtual net::Node& node() const = 0;
};

}  // namespace natsim::script
