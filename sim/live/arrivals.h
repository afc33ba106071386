// What comes into a world from outside, as events of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <variant>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "sim/script/outside.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace natsim::live {

// Hosts and programs are numbered from 0, in the order in which the script has made them real.
using HostNumber = std::uint32_t;
using ProgramNumber = std::uint32_t;

struct DatagramArrived {
  HostNumber host = 0;
  Bytes datagram;  // as the kernel has sent it
};
struct LineArrived {
  ProgramNumber program = 0;
  std::string line;
};
struct EndArrived {
  ProgramNumber program = 0;
  script::ProgramEnd end;
};

struct Arrival {
  Time at;
  std::variant<DatagramArrived, LineArrived, EndArrived> what;
};

// Hands each arrival over at its instant, one an event, in the order in which they came.
class Arrivals : private core::Actor {
 public:
  // `owner` orders them among the events of one instant.
  Arrivals(const core::Object& owner, std::function<void(Arrival&)> take)
      : Actor(owner.world().scheduler(), owner.id()),
        take_(std::move(take)),
        due_(*this, core::EventClass::network) {}

  // Precondition: not before the last one.
  void push(Arrival arrival) {
    if (waiting_.empty()) due_.arm(arrival.at);
    waiting_.push_back(std::move(arrival));
  }

 private:
  void on_timer(core::Timer& timer) override {
    Arrival arrival = std::move(waiting_.front());
    waiting_.pop_front();
    if (!waiting_.empty()) timer.arm(waiting_.front().at);
    take_(arrival);
  }

  std::function<void(Arrival&)> take_;
  std::deque<Arrival> waiting_;
  core::Timer due_;  // armed for the first of them
};

}  // namespace natsim::live
