// Real hosts and programs on this machine, in namespaces, in real time.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>

#include "sim/live/lateness.h"
#include "sim/live/machine.h"
#include "sim/live/real_program.h"
#include "sim/live/warden.h"

namespace natsim::live {

// What a run has to say of how true its time was.
struct Truth {
  Lateness lateness;            // of datagrams, from when they were due to when they were written
  std::uint64_t read = 0;       // datagrams from hosts
  std::uint64_t unread = 0;     // that the kernel has dropped since natsim was too slow
  std::uint64_t unwritten = 0;  // that the kernel would not take
  // Among those written: the kernel drops them without a word.
  std::uint64_t wrong_checksums = 0;
};

// The clock of a run is CLOCK_MONOTONIC: it starts at 0 with the first wait, so that what was built
// before takes no time.
class ThisMachine : public Machine {
 public:
  // `tell` takes what a person should read at once: how to enter a host, what a program has written
  // on its standard error, if `tell_errors`.
  ThisMachine(std::function<void(const std::string&)> tell, bool tell_errors);
  ~ThisMachine() override;

  std::optional<Error> open_host(const HostSetup& setup) override;
  std::optional<Error> start(HostNumber host, const script::ProgramOptions& options) override;
  void write(HostNumber host, const net::Packet& packet, Time due) override;
  void say(ProgramNumber program, std::string_view line) override;
  void close_input(ProgramNumber program) override;
  void signal(ProgramNumber program, int number) override;
  bool wait_until(Time due, Time now, std::vector<Arrival>& arrivals) override;
  void stop() override;

  // The signal that has ended the run; 0 if none has.
  [[nodiscard]] int interrupted_by() const { return interrupted_by_; }
  [[nodiscard]] const Truth& truth() const { return truth_; }

 private:
  struct Host {
    std::string name;
    Descriptor warden;  // its socket
    boost::asio::posix::stream_descriptor tun;
    boost::asio::posix::stream_descriptor watched;  // a copy of the warden's socket
  };

  [[nodiscard]] Time clock() const;
  // When what is read now has arrived.
  [[nodiscard]] Time stamp();
  void arm_alarm(Time due);
  void watch_alarm();
  void watch_signals();
  void watch_tun(HostNumber number);
  void read_tun(HostNumber number);
  void watch_warden(HostNumber number);
  // An answer of the host's warden; what it says unasked meanwhile is taken too.
  std::optional<WardenMessage> ask(HostNumber number, const std::vector<std::string>& words,
                                   std::initializer_list<int> files = {});
  void take(const WardenMessage& message);
  void finish(ProgramNumber number);

  std::function<void(const std::string&)> tell_;
  bool tell_errors_;
  boost::asio::io_context io_;
  boost::asio::posix::stream_descriptor alarm_;  // a timerfd: Asio's own timers know microseconds
  boost::asio::signal_set signals_;
  std::unique_ptr<Warden> warden_;  // null until there is a host
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<RealProgram>> programs_;
  std::vector<HostNumber> hosts_of_;   // of each program
  std::vector<std::uint8_t> buffer_;   // for one datagram
  std::optional<std::int64_t> start_;  // CLOCK_MONOTONIC at the world's beginning, in ns
  Time last_;                          // what has been stamped, or been the world's present
  Time alarm_for_ = Time::never();
  Time polled_;                               // when io_ was last asked without waiting
  std::vector<Arrival>* arrivals_ = nullptr;  // while in wait_until
  std::vector<Arrival> early_;                // what came in between
  int interrupted_by_ = 0;
  Truth truth_;
};

}  // namespace natsim::live
