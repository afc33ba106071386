#include "sim/script/signalling_path.h"

#include "sim/script/call_options.h"
#include "sim/script/run.h"
#include "sim/script/script_error.h"

namespace natsim::script {
namespace {

SignallingParty& read_party(const Value& value) {
  auto* const party = dynamic_cast<SignallingParty*>(to_scripted(value.lua(), value.index()));
  if (party == nullptr) value.refuse("a program or a peer connection");
  return *party;
}

}  // namespace

const Class SignallingPath::lua_class = {"signalling", "a signalling path", {}, {}};

SignallingPath::SignallingPath(core::World& world, const agents::SignallingOptions& options,
                               SignallingParty& first, SignallingParty& second)
    : to_second_(world, first.party() + "->" + second.party(), options, second.receiver()),
      to_first_(world, second.party() + "->" + first.party(), options, first.receiver()) {
  first.connect(to_second_);
  second.connect(to_first_);
}

int make_signalling(lua_State* lua) {
  const Value first(lua, 2, "net:signalling");
  const Value second(lua, 3, "net:signalling");
  SignallingParty& one = read_party(first);
  SignallingParty& other = read_party(second);
  if (&one == &other) second.complain("it is the same as the first");
  for (const auto& [value, party] : {std::pair(&first, &one), std::pair(&second, &other)}) {
    if (party->connected()) value->complain("it is joined to a peer already");
  }
  const Value table(lua, 4, "net:signalling");
  const auto options =
      table.present() ? read_signalling_channel(table) : agents::SignallingOptions();
  Run& run = Run::of(lua);
  push(lua, run.make<SignallingPath>(lua, run.world(), options, one, other));
  return 1;
}

}  // namespace natsim::script
