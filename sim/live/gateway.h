// Real hosts and programs as parts of a simulated world.
#pragma once

#include <memory>
#include <vector>

#include "sim/live/arrivals.h"
#include "sim/live/machine.h"
#include "sim/live/recorder.h"
#include "sim/net/raw_socket.h"
#include "sim/script/outside.h"

namespace natsim::live {

// Does for a live run and for its replay what is the same in both, so that the two worlds are.
class Gateway : public script::Outside {
 public:
  // What comes in is recorded, before the world hears of it, if there is a recorder. Both must
  // outlive the gateway.
  explicit Gateway(Machine& machine, Recorder* recorder = nullptr);
  ~Gateway() override;

  void open(net::Network& network) override;
  void close() override;
  bool wait_until(Time due) override;
  std::optional<Error> attach(net::Host& host, const script::AttachmentOptions& options) override;
  Result<script::Program*> start(net::Host& host, const script::ProgramOptions& options,
                                 script::ProgramListener& listener) override;

 private:
  // A host whose datagrams a namespace makes and takes.
  class RealHost : private net::RawReceiver {
   public:
    RealHost(Gateway& gateway, net::Host& host, HostNumber number);
    [[nodiscard]] const net::Host& host() const { return host_; }
    // Into the world.
    void send(const Bytes& datagram);

   private:
    void receive_raw(const net::Packet& packet) override;

    Gateway& gateway_;
    net::Host& host_;
    HostNumber number_;
    std::unique_ptr<net::RawSocket> socket_;
  };

  class RealProgram : public script::Program {
   public:
    RealProgram(Machine& machine, ProgramNumber number, script::ProgramListener& listener)
        : machine_(machine), number_(number), listener_(listener) {}
    void say(std::string_view line) override { machine_.say(number_, line); }
    void close_input() override { machine_.close_input(number_); }
    void signal(int number) override { machine_.signal(number_, number); }
    [[nodiscard]] script::ProgramListener& listener() const { return listener_; }

   private:
    Machine& machine_;
    ProgramNumber number_;
    script::ProgramListener& listener_;
  };

  void take(Arrival& arrival);
  void take(const DatagramArrived& datagram) { hosts_[datagram.host]->send(datagram.datagram); }
  void take(const LineArrived& line) { programs_[line.program]->listener().hear_line(line.line); }
  void take(const EndArrived& end) { programs_[end.program]->listener().hear_end(end.end); }

  Machine& machine_;
  Recorder* recorder_;
  core::World* world_ = nullptr;  // while open
  std::unique_ptr<core::Named> name_;
  std::unique_ptr<Arrivals> arrivals_;
  std::vector<Arrival> incoming_;  // of the last wait; kept for its memory
  std::vector<std::unique_ptr<RealHost>> hosts_;
  std::vector<std::unique_ptr<RealProgram>> programs_;
};

}  // namespace natsim::live
