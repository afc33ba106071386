#include "sim/script/wait.h"

#include <utility>

#include "sim/script/sandbox.h"
#include "sim/script/script_error.h"

namespace natsim::script {

Wait::Wait(const core::Object& owner)
    : Actor(owner.world().scheduler(), owner.id()),
      world_(owner.world()),
      timer_(*this, core::EventClass::script) {}

int Wait::begin(lua_State* lua, Duration timeout, std::function<bool()> ready, lua_KFunction then,
                lua_KContext context) {
  if (!allowed_ || lua_isyieldable(lua) == 0) {
    raise(lua, "no time can pass here: only a scenario's function, and what it calls, can wait");
  }
  // Going into the simulator and back is worth so many, so that a loop that only waits ends soon.
  constexpr std::uint64_t instructions_per_wait = 200;
  Sandbox::of(lua).charge_instructions(lua, instructions_per_wait);
  if (timeout.ns > Time::never().ns - 1 - world_.now().ns) raise(lua, "the wait is too long");
  ready_ = std::move(ready);
  satisfied_ = false;
  over_ = false;
  timer_.arm(world_.now() + timeout);
  look();
  return lua_yieldk(lua, 0, context, then);
}

Wait::Ended Wait::run_world(std::uint64_t most_events, Outside* outside,
                            const std::function<bool()>& interrupted) {
  core::Scheduler& scheduler = world_.scheduler();
  while (!over_ && !interrupted()) {
    if (scheduler.executed() >= most_events) return Ended::by_limit;
    if (outside != nullptr && !outside->wait_until(scheduler.next())) return Ended::by_outside;
    scheduler.step(Time::never());
    look();
  }
  return Ended::as_meant;
}

void Wait::look() {
  if (satisfied_ || !ready_ || !ready_()) return;
  satisfied_ = true;
  timer_.arm(world_.now());
}

void Wait::on_timer(core::Timer& /*timer*/) { over_ = true; }

}  // namespace natsim::script
