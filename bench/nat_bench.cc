// What a translation costs, by the number of live mappings.
#include <bit>
#include <cstdint>
#include <malloc.h>
#include <vector>

#include <benchmark/benchmark.h>

#include "sim/nat/nat.h"
#include "sim/net/packet.h"
#include "sim/net/wire.h"
#include "stack/base/random.h"

namespace natsim::bench {
namespace {

constexpr std::uint32_t hosts = 1000;
constexpr std::size_t payload_size = 200;

struct Deaf : nat::MappingSink {
  void on_mapping(const core::MappingEvent& event) override { benchmark::DoNotOptimize(&event); }
};

// A NAT with `count` mappings of 1 000 inside hosts, each with one filter entry, on as many
// external addresses as that takes. Packets are copies of one, so that making them costs little.
class Loaded {
 public:
  explicit Loaded(std::uint32_t count)
      : nat_({.mapping = nat::Dependence::endpoint_independent,
              .filtering = nat::Dependence::address_and_port_dependent,
              .port_allocation = nat::PortAllocation::random,
              .udp_timeout = seconds(3600),
              .pooling = nat::Pooling::arbitrary},
             Random(1), sink_) {
    for (std::uint32_t i = 0; i <= count / 50'000; ++i) {
      nat_.add_external_address(IpAddress::v4(0xc633'6401U + i));
    }
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    internals_.reserve(count);
    externals_.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) add();
    const std::size_t lists = (internals_.capacity() + externals_.capacity()) * sizeof(Endpoint);
    bytes_ = static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd - before - lists);
  }

  // Opens one more mapping.
  void add() {
    const auto i = static_cast<std::uint32_t>(internals_.size());
    const Endpoint internal{IpAddress::v4(0x0a00'0000U + i % hosts),
                            static_cast<std::uint16_t>(1024 + i / hosts)};
    net::PacketPtr packet = make(internal, remote);
    nat_.outbound(*packet, now());
    internals_.push_back(internal);
    externals_.push_back(packet->source);
  }
  net::PacketPtr make(const Endpoint& from, const Endpoint& to) {
    return net::make_udp(pool_, from, to, payload_);
  }
  Time now() { return clock_ += nanoseconds(1); }
  [[nodiscard]] std::uint32_t any() {
    return static_cast<std::uint32_t>(random_.below(internals_.size()));
  }

  static constexpr Endpoint remote{IpAddress::v4(203, 0, 113, 10), 3478};

  [[nodiscard]] nat::Nat& nat() { return nat_; }
  [[nodiscard]] const Endpoint& internal(std::uint32_t i) const { return internals_[i]; }
  [[nodiscard]] const Endpoint& external(std::uint32_t i) const { return externals_[i]; }
  [[nodiscard]] double bytes() const { return bytes_; }

 private:
  Deaf sink_;
  net::PacketPool pool_;
  Bytes payload_ = Bytes(payload_size, 0x5a);
  nat::Nat nat_;
  Random random_{2};
  Time clock_;
  std::vector<Endpoint> internals_;
  std::vector<Endpoint> externals_;
  double bytes_ = 0;  // of memory that the mappings took
};

// Runs `translate` on packets that were made with the clock stopped, a batch at a time.
template <typename Make, typename Translate>
void in_batches(benchmark::State& state, Make&& make, Translate&& translate) {
  constexpr int batch = 1000;
  std::vector<net::PacketPtr> packets(batch);
  while (state.KeepRunningBatch(batch)) {
    state.PauseTiming();
    for (net::PacketPtr& packet : packets) packet = make();
    state.ResumeTiming();
    for (net::PacketPtr& packet : packets) translate(*packet);
  }
  state.SetItemsProcessed(state.iterations());
}

void outbound(benchmark::State& state) {
  Loaded loaded(static_cast<std::uint32_t>(state.range(0)));
  in_batches(
      state, [&] { return loaded.make(loaded.internal(loaded.any()), Loaded::remote); },
      [&](net::Packet& packet) { loaded.nat().outbound(packet, loaded.now()); });
  state.counters["bytes/mapping"] = loaded.bytes() / static_cast<double>(state.range(0));
}
BENCHMARK(outbound)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void inbound(benchmark::State& state) {
  Loaded loaded(static_cast<std::uint32_t>(state.range(0)));
  in_batches(
      state, [&] { return loaded.make(Loaded::remote, loaded.external(loaded.any())); },
      [&](net::Packet& packet) { loaded.nat().inbound(packet, loaded.now()); });
}
BENCHMARK(inbound)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// What one cache miss costs here, to judge the figures above by: a look into a bare open-addressing
// table, whose entries are a cache line each, at half of its capacity.
void bare_table(benchmark::State& state) {
  struct alignas(64) Entry {
    std::uint64_t key;
    std::uint64_t value;
  };
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const std::uint64_t mask = std::bit_ceil(2 * count) - 1;
  std::vector<Entry> table(mask + 1);
  // The keys are 1 to count; their places look as if drawn at random.
  const auto place = [mask](std::uint64_t key) {
    return (key * 0x9e37'79b9'7f4a'7c15U >> 20) & mask;
  };
  for (std::uint64_t key = 1; key <= count; ++key) {
    std::uint64_t at = place(key);
    while (table[at].key != 0) at = (at + 1) & mask;
    table[at] = {key, key};
  }
  Random random(3);
  std::uint64_t key = 1;
  for (auto _ : state) {
    std::uint64_t at = place(key);
    while (table[at].key != key) at = (at + 1) & mask;
    // The next key depends on what was found, as with a packet that waits for its translation.
    key = 1 + (table[at].value + random.next()) % count;
  }
  benchmark::DoNotOptimize(key);
}
BENCHMARK(bare_table)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// A mapping is made for each packet while the oldest ends, so that the table keeps its size.
void new_mapping(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  Deaf sink;
  nat::Nat nat({.filtering = nat::Dependence::address_and_port_dependent,
                .port_allocation = nat::PortAllocation::random,
                .udp_timeout = nanoseconds(count),
                .pooling = nat::Pooling::arbitrary},
               Random(1), sink);
  for (std::uint32_t i = 0; i <= count / 50'000; ++i) {
    nat.add_external_address(IpAddress::v4(0xc633'6401U + i));
  }
  net::PacketPool pool;
  const Bytes payload(payload_size, 0x5a);
  Time now;
  std::uint32_t made = 0;
  const auto make = [&] {
    ++made;
    const Endpoint internal{IpAddress::v4(0x0a00'0000U + made % 65'536),
                            static_cast<std::uint16_t>(1024 + made / 65'536 % 64'000)};
    return net::make_udp(pool, internal, Loaded::remote, payload);
  };
  const auto translate = [&](net::Packet& packet) { nat.outbound(packet, now += nanoseconds(1)); };
  for (std::uint32_t i = 0; i < count; ++i) translate(*make());
  in_batches(state, make, translate);
  if (nat.mapping_count() != count) state.SkipWithError("the table has changed its size");
}
BENCHMARK(new_mapping)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace natsim::bench

BENCHMARK_MAIN();
