// What of a world is real: programs in network namespaces of the machine, or the record of one
// such run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/net/host.h"
#include "sim/net/network.h"
#include "stack/base/address.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace natsim::script {

// How a namespace is to be given to a host.
struct AttachmentOptions {
  std::vector<IpAddress> name_servers;  // of its resolv.conf; none: every lookup fails at once
  bool announced = false;               // people are told how to enter it
};

// What is to be run on a host.
struct ProgramOptions {
  std::vector<std::string> command;  // a program, looked for as a shell does, and its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // added to natsim's own
  std::string folder;  // that it starts in; empty: the one that natsim was started in
};

// How a program has ended.
struct ProgramEnd {
  bool by_signal = false;
  int code = 0;  // its exit status from 0 to 255, or the signal's number
};
// "exit status 3", "signal 9".
std::string to_string(const ProgramEnd& end);

// Takes what a program says on its standard output and how it ends, at the world's instant of it.
class ProgramListener {
 public:
  virtual ~ProgramListener() = default;
  virtual void hear_line(std::string_view line) = 0;  // without the line's end
  virtual void hear_end(const ProgramEnd& end) = 0;   // nothing comes after it
};

// A program that was started. What is done to one that has ended is lost.
class Program {
 public:
  virtual ~Program() = default;
  // Gives it a line on its standard input.
  virtual void say(std::string_view line) = 0;
  virtual void close_input() = 0;
  // Sends a signal to it and to those that it has started.
  virtual void signal(int number) = 0;
};

// The part of a run that is not simulated. Contract:
// 1. `open` is called once, when the world is there and empty, and `close` before it goes: programs
//    have ended by then, and no listener is called any more.
// 2. A host is attached once, at the latest when its first program starts.
class Outside {
 public:
  virtual ~Outside() = default;
  virtual void open(net::Network& network) = 0;
  virtual void close() = 0;

  // Lets time go by until `due`, the instant of the world's next event, or until something has come
  // in, which is an event of the world then. False when the run is to end at once.
  virtual bool wait_until(Time due) = 0;

  // Puts a namespace in the host's place: from now on it, and not the host's own protocols, makes
  // and takes the host's datagrams.
  virtual std::optional<Error> attach(net::Host& host, const AttachmentOptions& options) = 0;
  // Starts a program on a host that is attached. The listener must stay until `close`.
  virtual Result<Program*> start(net::Host& host, const ProgramOptions& options,
                                 ProgramListener& listener) = 0;
};

}  // namespace natsim::script
