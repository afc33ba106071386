#include "tools/probe/prober.h"

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <random>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace natsim::probe {
namespace {

using boost::asio::ip::udp;
using Clock = std::chrono::steady_clock;

constexpr int port_samples = 8;
constexpr auto beat = std::chrono::milliseconds(100);  // between looks at what else there is to do
constexpr int beats_per_report = 10;

boost::asio::ip::address to_asio(const IpAddress& address) {
  return boost::asio::ip::make_address(to_string(address));
}
udp::endpoint to_asio(const Endpoint& endpoint) {
  return {to_asio(endpoint.address), endpoint.port};
}
Endpoint from_asio(const udp::endpoint& endpoint) {
  return {*IpAddress::parse(endpoint.address().to_string()), endpoint.port()};
}

Time now() { return Time{std::chrono::nanoseconds(Clock::now().time_since_epoch()).count()}; }

// Runs a machine that asks for sockets by numbers.
template <typename Machine>
class Driver {
 public:
  Driver(boost::asio::io_context& io, Machine& machine, const IpAddress& local)
      : io_(io), machine_(machine), local_(local), timer_(io) {
    pump();
  }
  Driver(const Driver&) = delete;  // handlers refer to it
  Driver& operator=(const Driver&) = delete;

 private:
  struct Socket {
    explicit Socket(udp::socket opened) : socket(std::move(opened)) {}
    udp::socket socket;
    udp::endpoint from;
    std::array<std::uint8_t, 2048> buffer{};
  };

  void pump() {
    while (const auto number = machine_.poll_socket()) open(*number);
    while (const auto out = machine_.poll_transmit()) {
      const auto found = sockets_.find(out->local);
      if (found == sockets_.end()) continue;
      // What cannot be sent is as good as lost: the machine tries again.
      boost::system::error_code lost;
      found->second->socket.send_to(boost::asio::buffer(out->payload), to_asio(out->remote), 0,
                                    lost);
    }
    const Time next = machine_.next_timeout();
    if (next.is_never()) return;
    timer_.expires_at(Clock::time_point(std::chrono::nanoseconds(next.ns)));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      machine_.handle_timeout(now());
      pump();
    });
  }

  void open(int number) {
    boost::system::error_code error;
    udp::socket socket(io_);
    const udp::endpoint any(to_asio(local_), 0);
    socket.open(any.protocol(), error);
    if (!error) socket.bind(any, error);
    if (error) return;  // the machine cannot tell then
    const Endpoint local = from_asio(socket.local_endpoint());
    auto& kept = sockets_[local] = std::make_unique<Socket>(std::move(socket));
    receive(local, *kept);
    machine_.socket_opened(number, local, now());
  }

  void receive(const Endpoint& local, Socket& socket) {
    socket.socket.async_receive_from(
        boost::asio::buffer(socket.buffer), socket.from,
        [this, local, &socket](const boost::system::error_code& error, std::size_t size) {
          if (error == boost::asio::error::operation_aborted) return;
          if (!error) {
            machine_.receive(local, from_asio(socket.from), ByteView(socket.buffer).first(size),
                             now());
            pump();
          }
          receive(local, socket);  // an error is an ICMP message about what was sent
        });
  }

  boost::asio::io_context& io_;
  Machine& machine_;
  IpAddress local_;
  boost::asio::steady_timer timer_;
  std::map<Endpoint, std::unique_ptr<Socket>> sockets_;
};

// The address that the system sends to the server from.
Result<IpAddress> source_towards(const Endpoint& server) {
  boost::asio::io_context io;
  udp::socket socket(io);
  boost::system::error_code error;
  const udp::endpoint remote = to_asio(server);
  socket.open(remote.protocol(), error);
  if (!error) socket.connect(remote, error);
  if (error) {
    return Error{
        fmt::format("{} cannot be reached from here: {}", to_string(server), error.message())};
  }
  return from_asio(socket.local_endpoint()).address;
}

std::string known_of(const stun::BindingLifetime& lifetime) {
  if (lifetime.alive_after && lifetime.expired_after) {
    return fmt::format("between {} and {}", to_string(*lifetime.alive_after),
                       to_string(*lifetime.expired_after));
  }
  if (lifetime.alive_after) return "over " + to_string(*lifetime.alive_after);
  if (lifetime.expired_after) return "under " + to_string(*lifetime.expired_after);
  return "not known yet";
}

// Runs what is posted until `done`, with reports and looks at `stop` on the way.
void run_until(boost::asio::io_context& io, const std::function<bool()>& done,
               const std::function<std::string()>& report,
               const std::function<void(const std::string&)>& progress,
               const std::function<bool()>& stop) {
  for (int beats = 0; !done() && !(stop && stop()); ++beats) {
    const auto end = Clock::now() + beat;
    while (!done() && Clock::now() < end) io.run_one_until(end);
    if (progress && beats % beats_per_report == 0) progress(report());
  }
}

}  // namespace

Result<Findings> find_out(const ProbeOptions& options,
                          const std::function<void(const std::string&)>& progress,
                          const std::function<bool()>& stop) {
  Findings findings;
  if (options.bind) {
    boost::asio::io_context probed;
    boost::system::error_code error;
    const udp::endpoint any(to_asio(*options.bind), 0);
    udp::socket socket(probed, any.protocol());
    socket.bind(any, error);
    if (error) {
      return Error{
          fmt::format("{} cannot be sent from: {}", to_string(*options.bind), error.message())};
    }
    findings.local = *options.bind;
  } else {
    const auto source = source_towards(options.server);
    if (!source) return Error{source.error()};
    findings.local = source.value();
  }
  std::random_device device;
  const Random random(std::uint64_t{device()} << 32 | device());
  boost::asio::io_context io;
  // What stands between two beats keeps the context from running out of work.
  const auto work = boost::asio::make_work_guard(io);

  // Silence is an answer to half of what is asked, so that it should not take the 40 seconds of
  // RFC 8489: sent at 0, 400, 1200 and 2800 ms, given up after 4.4 s.
  constexpr stun::TransactionTimers timers = {.rto = milliseconds(400), .rc = 4, .rm = 4};
  stun::BehaviourDiscovery discovery({.server = options.server, .timers = timers},
                                     random.split("behaviour"), now());
  {
    const Driver driver(io, discovery, findings.local);
    run_until(
        io, [&] { return discovery.report() != nullptr; },
        [] { return std::string("mapping, filtering, hairpinning"); }, progress, stop);
    io.poll();
  }
  if (discovery.report() == nullptr) return findings;
  findings.behaviour = *discovery.report();
  if (findings.behaviour.udp_blocked) return findings;

  PortSampling sampling(options.server, port_samples, random.split("ports"));
  const Driver samples(io, sampling, findings.local);
  run_until(
      io, [&] { return sampling.done(); }, [] { return std::string("ports"); }, progress, stop);
  findings.samples = sampling.samples();
  findings.ports = classify(findings.samples);
  if (!options.lifetime || findings.behaviour.mapping == stun::MappingBehaviour::no_translation) {
    return findings;
  }

  stun::LifetimeLadder::Options ladder{.server = options.server,
                                       .longest = options.longest_lifetime,
                                       .resolution = options.lifetime_resolution};
  stun::LifetimeLadder idle(ladder, random.split("idle"), now());
  ladder.stream = true;
  stun::LifetimeLadder stream(ladder, random.split("stream"), now());
  const Driver idle_driver(io, idle, findings.local);
  const Driver stream_driver(io, stream, findings.local);
  run_until(
      io, [&] { return idle.done() && stream.done(); },
      [&] {
        return fmt::format("timeouts: {} after one answer, {} once used", known_of(idle.found()),
                           known_of(stream.found()));
      },
      progress, stop);
  findings.idle = idle.found();
  findings.stream = stream.found();
  return findings;
}

}  // namespace natsim::probe
