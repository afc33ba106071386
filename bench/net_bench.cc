// How fast packets cross links: one link, a chain of routers, a star of many hosts, clients behind
// NATs. All figures are of processor time on one core, of 200-byte payloads.
//
//                                                             floor        aim
// chain/0: one link, 10 ms, 1 % loss, 100 Mbit/s: datagrams/s   3 M        5 M
// chain/8: eight routers, nine such links: crossings/s          4 M        8 M
// clients: 1 000 to an echo server: deliveries/s                1 M        2 M
//   a delivery to 10 000 clients, of one to 1 000               2 x        1.3 x
//   bytes/client with its NAT and one mapping                   3 000      1 200
// keepalive: a host behind a NAT, a packet every 15 s for a day  20 ms      5 ms
// star/100000: build_s and run_s                            0.5 and 0.2  0.15 and 0.08
//   bytes/host                                                  2 000      800
#include <deque>
#include <limits>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/cost.h"
#include "bench/workloads.h"
#include "sim/nat/nat_box.h"
#include "sim/net/router.h"

namespace natsim::bench {
namespace {

constexpr net::LinkOptions lossy_link = {
    .rate = 100'000'000, .one_way_delay = milliseconds(10), .loss = 0.01};
const Bytes payload(200, 0x5a);
constexpr Duration interval = microseconds(20);

// Datagrams from one host to another over `routers` routers, so over routers + 1 links.
void chain(benchmark::State& state) {
  const auto routers = static_cast<int>(state.range(0));
  const auto count = static_cast<std::uint64_t>(state.range(1));
  std::uint64_t crossings = 0;
  for (auto _ : state) {
    core::World world(1);
    net::Network network(world);
    const IpAddress to = IpAddress::v4(10, 0, 1, 1);
    net::Host& a = add_host(network, "a", IpAddress::v4(10, 0, 0, 1));
    net::Host& b = add_host(network, "b", to);
    net::Interface* last = a.interfaces().front().get();
    std::vector<const net::Link*> links;
    const auto join = [&](net::Interface& next) {
      network.connect(*last, next, lossy_link, lossy_link);
      links.push_back(&last->link());
    };
    for (int i = 0; i < routers; ++i) {
      auto& router = network.add<net::Router>(fmt::format("r{}", i));
      join(router.add_interface());
      last = &router.add_interface();
    }
    join(*b.interfaces().front());
    Counter counter;
    const auto from_socket = open(a, 5000, counter);
    const auto to_socket = open(b, 5000, counter);
    Source source(a, *from_socket, {to, 5000}, payload, interval, count);
    source.start(Time{});
    world.scheduler().run_until(Time{} + seconds(1000));
    for (const net::Link* link : links) crossings += link->counters().sent;
    benchmark::DoNotOptimize(counter.received);
  }
  state.counters["datagrams/s"] =
      benchmark::Counter(static_cast<double>(count) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
  state.counters["crossings/s"] =
      benchmark::Counter(static_cast<double>(crossings), benchmark::Counter::kIsRate);
}
BENCHMARK(chain)->Args({0, 1'000'000})->Args({8, 200'000})->Unit(benchmark::kMillisecond);

// Hosts on one router; each sends one datagram to the next.
void star(benchmark::State& state) {
  const auto hosts = static_cast<std::uint32_t>(state.range(0));
  double build = 0;
  double run = 0;
  double bytes = 0;
  for (auto _ : state) {
    const double before = heap_bytes();
    const double start = cpu_seconds();
    core::World world(1);
    net::Network network(world);
    auto& router = network.add<net::Router>("router");
    Counter counter;
    std::vector<std::unique_ptr<net::UdpSocket>> sockets;
    const auto address = [](std::uint32_t i) { return IpAddress::v4(0x0a000001 + i); };
    const net::LinkOptions link = {.one_way_delay = milliseconds(10)};
    for (std::uint32_t i = 0; i < hosts; ++i) {
      net::Host& host = add_host(network, fmt::format("h{}", i), address(i));
      network.connect(*host.interfaces().front(), router.add_interface(), link, link);
      sockets.push_back(open(host, 5000, counter));
    }
    const double built = cpu_seconds();
    bytes = heap_bytes() - before;
    for (std::uint32_t i = 0; i < hosts; ++i) {
      sockets[i]->send({address((i + 1) % hosts), 5000}, payload);
    }
    world.scheduler().run_until(Time{} + seconds(1));
    run += cpu_seconds() - built;
    build += built - start;
    if (counter.received != hosts) state.SkipWithError("a datagram did not arrive");
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["build_s"] = build / iterations;
  state.counters["run_s"] = run / iterations;
  state.counters["bytes/host"] = bytes / static_cast<double>(hosts);
}
BENCHMARK(star)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

// Clients that each send one datagram a second to an echo server 20 ms away, each through a NAT of
// its own: three links each way.
class Clients {
 public:
  explicit Clients(std::uint32_t count) : network_(world_), count_(count) {
    auto& internet = network_.add<net::Router>("internet");
    net::Host& server = add_host(network_, "server", server_endpoint.address);
    join(*server.interfaces().front(), internet.add_interface(), milliseconds(1));
    sockets_.push_back(open(server, server_endpoint.port, echo_));
    const double before = heap_bytes();
    for (std::uint32_t i = 0; i < count; ++i) add_client(i, internet);
    run(seconds(1));
    const double sources = static_cast<double>(count * sizeof(Source));
    bytes_ = heap_bytes() - before - sources;
  }
  void run(Duration time) { world_.scheduler().run_until(world_.now() + time); }
  [[nodiscard]] std::uint64_t deliveries() const { return echo_.received + answers_.received; }
  [[nodiscard]] double bytes_per_client() const { return bytes_ / static_cast<double>(count_); }

 private:
  static constexpr Endpoint server_endpoint{IpAddress::v4(203, 0, 113, 10), 7};

  void join(net::Interface& a, net::Interface& b, Duration delay) {
    network_.connect(a, b, {.one_way_delay = delay}, {.one_way_delay = delay});
  }
  void add_client(std::uint32_t i, net::Router& internet) {
    net::Host& host = add_host(network_, fmt::format("c{}", i), IpAddress::v4(192, 168, 1, 2));
    auto& box = network_.add<nat::NatBox>(fmt::format("n{}", i), nat::NatOptions{});
    net::Interface& inside = box.add_inside_interface();
    inside.add_address(IpAddress::v4(192, 168, 1, 1), 24);
    box.outside_interface().add_address(IpAddress::v4(0x0b00'0000U + i), 32);
    join(*host.interfaces().front(), inside, milliseconds(1));
    join(box.outside_interface(), internet.add_interface(), milliseconds(18));
    sockets_.push_back(open(host, 5000, answers_));
    sources_.emplace_back(host, *sockets_.back(), server_endpoint, payload, seconds(1),
                          std::numeric_limits<std::uint64_t>::max());
    sources_.back().start(Time{seconds(1).ns / count_ * i});
  }

  core::World world_{1};
  net::Network network_;
  std::uint32_t count_;
  Counter echo_{true};
  Counter answers_;
  std::vector<std::unique_ptr<net::UdpSocket>> sockets_;
  std::deque<Source> sources_;
  double bytes_ = 0;  // of the clients and their NATs, each with a mapping
};

// Few clients and ten times as many, with the same number of deliveries in turn.
void clients(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  Clients few(count);
  Clients many(10 * count);
  double few_seconds = 0;
  double many_seconds = 0;
  const auto timed = [](Clients& running, Duration time, double& total) {
    const double start = cpu_seconds();
    running.run(time);
    total += cpu_seconds() - start;
  };
  const std::uint64_t few_before = few.deliveries();
  const std::uint64_t many_before = many.deliveries();
  for (auto _ : state) {
    timed(few, seconds(10), few_seconds);
    timed(many, seconds(1), many_seconds);
  }
  const auto few_deliveries = static_cast<double>(few.deliveries() - few_before);
  const auto many_deliveries = static_cast<double>(many.deliveries() - many_before);
  state.counters["deliveries/s"] = few_deliveries / few_seconds;
  state.counters["10x_deliveries/s"] = many_deliveries / many_seconds;
  state.counters["10x_cost"] = many_seconds / many_deliveries / (few_seconds / few_deliveries);
  state.counters["bytes/client"] = few.bytes_per_client();
  state.counters["10x_bytes/client"] = many.bytes_per_client();
}
BENCHMARK(clients)->Arg(1'000)->Unit(benchmark::kMillisecond)->MinTime(2);

// One host keeps its mapping alive for a day, and nobody answers.
void keepalive(benchmark::State& state) {
  constexpr Duration day = seconds(24 * 3600);
  constexpr Duration pause = seconds(15);
  for (auto _ : state) {
    core::World world(1);
    net::Network network(world);
    auto& internet = network.add<net::Router>("internet");
    const Endpoint server{IpAddress::v4(203, 0, 113, 10), 7};
    net::Host& inside = add_host(network, "inside", IpAddress::v4(192, 168, 1, 2));
    net::Host& outside = add_host(network, "server", server.address);
    auto& box = network.add<nat::NatBox>("nat", nat::NatOptions{.udp_timeout = seconds(30)});
    box.outside_interface().add_address(IpAddress::v4(198, 51, 100, 7), 32);
    const net::LinkOptions link{.one_way_delay = milliseconds(10)};
    network.connect(*inside.interfaces().front(), box.add_inside_interface(), link, link);
    network.connect(box.outside_interface(), internet.add_interface(), link, link);
    network.connect(*outside.interfaces().front(), internet.add_interface(), link, link);
    Counter counter;
    const auto from_socket = open(inside, 5000, counter);
    const auto to_socket = open(outside, server.port, counter);
    Source source(inside, *from_socket, server, payload, pause,
                  static_cast<std::uint64_t>(day.ns / pause.ns));
    source.start(Time{});
    world.scheduler().run_until(Time{} + day);
    const auto mappings = box.mappings();
    if (mappings.size() != 1 || mappings[0].created > Time{} + seconds(1)) {
      state.SkipWithError("the mapping did not last");
    }
  }
}
BENCHMARK(keepalive)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
