// net:signalling(a, b): the way between two peers that are no call of natsim's own.
#pragma once

#include <string>

#include "sim/agents/signalling.h"
#include "sim/script/object.h"
#include "sim/script/signalling_party.h"

namespace natsim::script {

// A delayed channel each way between two parties, for as long as the run lasts.
class SignallingPath : public Scripted {
 public:
  static const Class lua_class;

  SignallingPath(core::World& world, const agents::SignallingOptions& options,
                 SignallingParty& first, SignallingParty& second);

  [[nodiscard]] const Class& script_class() const override { return lua_class; }

 private:
  agents::SignallingChannel to_second_;
  agents::SignallingChannel to_first_;
};

// Binding, with the parties at indices 2 and 3 and the options at 4.
int make_signalling(lua_State* lua);

}  // namespace natsim::script
