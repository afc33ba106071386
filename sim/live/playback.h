// A recording in the place of a machine.
#pragma once

#include <cstddef>

#include "sim/live/machine.h"
#include "sim/live/recording.h"

namespace natsim::live {

// Gives the world what was recorded, at the instants at which it came, as fast as the world goes.
// What the world has for hosts and programs goes nowhere.
class Playback : public Machine {
 public:
  // The recording must outlive it.
  explicit Playback(const Recording& recording) : recording_(recording) {}

  std::optional<Error> open_host(const HostSetup& /*setup*/) override {
    ++hosts_;
    return std::nullopt;
  }
  std::optional<Error> start(HostNumber /*host*/,
                             const script::ProgramOptions& /*options*/) override {
    ++programs_;
    return std::nullopt;
  }
  void write(HostNumber /*host*/, const net::Packet& /*packet*/, Time /*due*/) override {}
  void say(ProgramNumber /*program*/, std::string_view /*line*/) override {}
  void close_input(ProgramNumber /*program*/) override {}
  void signal(ProgramNumber /*program*/, int /*number*/) override {}
  bool wait_until(Time due, Time now, std::vector<Arrival>& arrivals) override;
  void stop() override {}

 private:
  // Whether the world has what it is for.
  [[nodiscard]] bool is_expected(const Arrival& arrival) const;

  const Recording& recording_;
  std::size_t next_ = 0;  // the first arrival that has not been given
  HostNumber hosts_ = 0;
  ProgramNumber programs_ = 0;
};

}  // namespace natsim::live
