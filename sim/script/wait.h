// How a scenario lets time pass.
#pragma once

#include <cstdint>
#include <functional>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "sim/script/lua.h"
#include "sim/script/outside.h"
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

  enum class Ended : std::uint8_t {
    as_meant,
    by_limit,    // the scheduler has executed as many events in all as it may
    by_outside,  // which wants the run to end
  };
  // Runs the world until the wait is over or, after an event, `interrupted`; in step with `outside`
  // if it is not null. Precondition: a wait has begun.
  Ended run_world(std::uint64_t most_events, Outside* outside,
                  const std::function<bool()>& interrupted);
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
