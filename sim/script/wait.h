// How a scenario lets time pass.
#pragma once

#include <cstdint>
#include <functional>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "sim/script/lua.h"
#include "stack/base/time.h"

namespace natsim::script {

// The one wait of a scenario's coroutine. While the script waits, the world runs.
//
// Contract:
// 1. The script goes on after everything else that happens at the same instant.
// 2. A condition is looked at when the wait begins and after every event, so that one which holds
//    for no time at all is seen too.
class Wait : private core::Actor {
 public:
  // `owner` orders the script's own events.
  explicit Wait(const core::Object& owner);

  // Until it is allowed no wait can begin.
  void allow() { allowed_ = true; }

  // Ends the running binding in a wait until `ready` (which may be empty) is true, or else until
  // `timeout` has passed; then `then` finishes the binding,
  // given `context`. To be returned by the binding.
  int begin(lua_State* lua, Duration timeout, std::function<bool()> ready, lua_KFunction then,
            lua_KContext context = 0);
  // Whether the last wait ended by its timeout. For `then`.
  [[nodiscard]] bool timed_out() const { return !satisfied_; }

  // Runs the world until the wait is over or, after an event, `interrupted`; false if the scheduler
  // has executed `most_events` in all before. Precondition: a wait has begun.
  bool run_world(std::uint64_t most_events, const std::function<bool()>& interrupted);
  // Whether the script may go on.
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  void on_timer(core::Timer& timer) override;
  void look();

  core::World& world_;
  core::Timer timer_;
  std::function<bool()> ready_;
  bool allowed_ = false;
  bool satisfied_ = false;  // ready_ was true
  bool over_ = false;       // the script may go on
};

}  // namespace natsim::script
