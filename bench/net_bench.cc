// How fast packets cross links: one link, a chain of routers, a star of many hosts.
#include <sys/resource.h>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/workloads.h"
#include "sim/net/router.h"

namespace natsim::bench {
namespace {

constexpr net::LinkOptions lossy_link = {
    .rate = 100'000'000, .one_way_delay = milliseconds(10), .loss = 0.01};
constexpr std::size_t payload_size = 200;
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
    Source source(a, *from_socket, {to, 5000}, payload_size, interval, count);
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

double resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Hosts on one router; each sends one datagram to the next.
void star(benchmark::State& state) {
  const auto hosts = static_cast<std::uint32_t>(state.range(0));
  double build = 0;
  double run = 0;
  double bytes = 0;
  for (auto _ : state) {
    const double before = resident_bytes();
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
    const Bytes payload(payload_size, 0x5a);
    for (std::uint32_t i = 0; i < hosts; ++i) {
      sockets[i]->send({address((i + 1) % hosts), 5000}, payload);
    }
    world.scheduler().run_until(Time{} + seconds(1));
    run += cpu_seconds() - built;
    build += built - start;
    bytes = std::max(bytes, resident_bytes() - before);
    if (counter.received != hosts) state.SkipWithError("a datagram did not arrive");
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["build_s"] = build / iterations;
  state.counters["run_s"] = run / iterations;
  state.counters["bytes/host"] = bytes / static_cast<double>(hosts);
}
BENCHMARK(star)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
