// drop{…}: losing chosen packets until told otherwise.
#pragma once

#include <memory>
#include <vector>

#include "sim/script/drop_rule.h"
#include "sim/script/object.h"

namespace natsim::script {

// The handle of a rule: drop:stop(), drop.count (dropped so far), drop.matched.
class DropObject : public Scripted {
 public:
  static const Class lua_class;

  // Puts the rule on every interface of the node.
  DropObject(const net::Node& node, const DropRule& rule, Random random);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  int stop(lua_State* lua);
  int matched(lua_State* lua);
  int count(lua_State* lua);

  static const Member methods[];
  static const Member fields[];

  Dropper dropper_;
  std::vector<std::unique_ptr<net::RuleHandle>> handles_;  // none once stopped
};

// Installs `drop{ host = …, … }`.
void install_drop(lua_State* lua);

}  // namespace natsim::script
