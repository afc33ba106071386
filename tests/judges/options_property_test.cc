// What holds for NATs of any options: drawn from the table of knobs, over the defaults or a preset.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <set>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/nat/presets.h"
#include "tests/judges/any_options.h"
#include "tests/judges/ice_trial.h"
#include "tests/sim/nat/nat_under_test.h"

namespace natsim::judges {
namespace NATSIM_TEST_FILE {

using nat::at;
using nat::Dependence;
using nat::NatOptions;

// ---- What is accepted

bool out_of_bounds(const NatOptions& options) {
  const nat::TcpTimeouts& tcp = options.tcp_timeouts;
  const Duration positive[] = {options.udp_timeout,
                               options.icmp_query_timeout,
                               tcp.syn_sent,
                               tcp.syn_received,
                               tcp.established,
                               tcp.fin_wait,
                               tcp.close_wait,
                               tcp.last_ack,
                               tcp.time_wait,
                               tcp.closed,
                               options.fragment_timeout};
  return std::ranges::count(positive, Duration{}) > 0 || options.port_stride < 1 ||
         options.port_stride > 1024 || options.port_block_size < 1 ||
         options.port_blocks_per_host < 1 || options.max_fragments < 1 ||
         options.max_fragments > 65536 || options.port_range.first > options.port_range.last;
}

// That cannot be meant together, as the options' descriptions have it.
bool contradictory(const NatOptions& options) {
  using nat::Exhaustion;
  const bool shares = options.port_allocation == nat::PortAllocation::preserve_overload ||
                      options.port_allocation == nat::PortAllocation::random_overload;
  if (options.symmetric_on_collision &&
      (shares || options.on_collision == nat::PortCollision::refuse)) {
    return true;
  }
  const bool has_blocks = options.port_blocks != nat::PortBlocks::none;
  if (options.port_classes != nat::PortClasses::one &&
      (options.port_range.first < 1024 || has_blocks)) {
    return true;
  }
  const std::uint32_t ports = options.port_range.last - std::uint32_t{options.port_range.first} + 1;
  if (options.port_stride > ports || (has_blocks && options.port_block_size > ports)) return true;
  if (options.port_blocks == nat::PortBlocks::deterministic &&
      (options.port_blocks_per_host != 1 || options.pooling != nat::Pooling::paired)) {
    return true;
  }
  if (options.port_hold_down > Duration{} &&
      (options.on_exhaustion == Exhaustion::evict_oldest ||
       options.on_exhaustion == Exhaustion::evict_unreplied)) {
    return true;
  }
  if (options.timer_scope == nat::TimerScope::per_session &&
      options.refresh == nat::Refresh::per_direction &&
      options.filtering == Dependence::endpoint_independent) {
    return true;
  }
  return options.max_mappings != 0 && options.max_mappings_per_host > options.max_mappings;
}

TEST(AnyOptions, AreRefusedExactlyWhereTheyContradictEachOther) {
  for (const nat::Preset* const preset : nat::presets()) {
    EXPECT_TRUE(validate(options_of(*preset)).empty()) << preset->name;
  }
  int refused = 0;
  int accepted = 0;
  EXPECT_TRUE(holds(10'000, [&] {
    const Drawn drawn = *any_options();
    const auto errors = validate(drawn.options);
    RC_ASSERT(errors.empty() == !(out_of_bounds(drawn.options) || contradictory(drawn.options)));
    for (const nat::OptionError& error : errors) RC_ASSERT(!error.expected.empty());
    ++(errors.empty() ? accepted : refused);
  }));
  // Both are put to the test.
  EXPECT_GT(refused, 1000);
  EXPECT_GT(accepted, 1000);
}

// ---- What any NAT does

constexpr std::array internals = {"192.168.1.5:5000", "192.168.1.5:5001", "192.168.1.6:5000",
                                  "192.168.1.7:5000", "192.168.1.7:700"};
constexpr std::array remotes = {"203.0.113.10:3478", "203.0.113.10:3479", "203.0.113.11:3478",
                                "203.0.113.11:3480"};

// One packet.
struct Step {
  enum class Kind : std::uint8_t { out, in, hairpin };
  Kind kind;
  Duration after;  // since the step before
  bool tcp;
  Endpoint internal;   // the sender, unless the packet comes in
  Endpoint remote;     // the receiver, or the sender of one that comes in
  std::size_t target;  // which of the external endpoints in use, of one that is for such
  bool answered;       // if it goes out
};

void showValue(const Step& step, std::ostream& out) {
  out << "after " << to_string(step.after) << (step.tcp ? " SYN " : " UDP ");
  if (step.kind == Step::Kind::in) {
    out << to_string(step.remote) << " to external endpoint " << step.target;
  } else if (step.kind == Step::Kind::hairpin) {
    out << to_string(step.internal) << " to external endpoint " << step.target;
  } else {
    out << to_string(step.internal) << " to " << to_string(step.remote)
        << (step.answered ? ", answered" : "");
  }
}

rc::Gen<std::vector<Step>> any_steps() {
  const auto step = rc::gen::exec([] {
    using Kind = Step::Kind;
    return Step{
        .kind = *rc::gen::element(Kind::out, Kind::out, Kind::in, Kind::hairpin),
        .after = milliseconds(*rc::gen::element<std::int64_t>(0, 1, 900, 9'000, 31'000, 61'000)),
        .tcp = *rc::gen::inRange(0, 3) == 1,
        .internal = at(*rc::gen::elementOf(internals)),
        .remote = at(*rc::gen::elementOf(remotes)),
        .target = *rc::gen::inRange<std::size_t>(0, 100),
        .answered = *rc::gen::arbitrary<bool>()};
  });
  return rc::gen::resize(50, rc::gen::container<std::vector<Step>>(step));
}

// A NAT on which packets are tried, and what every one of them must keep to.
class Watched {
 public:
  explicit Watched(const NatOptions& options) : nat_(options), options_(options) {}

  void take(const Step& step) {
    now_ += step.after;
    switch (step.kind) {
      case Step::Kind::out:
        send(step);
        break;
      case Step::Kind::in:
        receive(step);
        break;
      case Step::Kind::hairpin:
        turn_back(step);
        break;
    }
    keeps_its_limits();
  }

  // Each mapping lives until the time that it tells, and nothing uses it from then on.
  void end() {
    while (true) {
      const auto all = nat_.nat.mappings(now_);
      if (all.empty()) break;
      const auto first = std::ranges::min_element(all, {}, &nat::MappingSnapshot::expires);
      now_ = first->expires - nanoseconds(1);
      RC_ASSERT(knows(first->number));
      now_ = first->expires;
      nat_.nat.expire(now_);
      RC_ASSERT(!knows(first->number));
    }
    RC_ASSERT(nat_.nat.mapping_count() == 0U);
    for (const Endpoint& external : used_) {
      for (const char* const remote : remotes) {
        RC_ASSERT(!nat_.in(at(remote), external, now_).forwarded());
      }
    }
  }

 private:
  nat::Outcome out(bool tcp, const Endpoint& internal, const Endpoint& remote) {
    return tcp ? nat_.tcp_out(internal, remote, net::tcp_flag::syn, 100, 0, now_)
               : nat_.out(internal, remote, now_);
  }

  void send(const Step& step) {
    const auto& [kind, after_last, tcp, internal, remote, target, answered] = step;
    const nat::Outcome outcome = out(tcp, internal, remote);
    if (!outcome.forwarded()) return;
    used_.insert(outcome.source);
    RC_ASSERT(serves(nat_.nat.mappings(now_), internal, outcome.source, tcp));
    // Once more at the same time it changes nothing.
    const auto before = nat_.nat.mappings(now_);
    const std::size_t events = nat_.events.size();
    RC_ASSERT(out(tcp, internal, remote).source == outcome.source);
    RC_ASSERT(nat_.events.size() == events);
    const auto after = nat_.nat.mappings(now_);
    RC_ASSERT(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      RC_ASSERT(before[i].number == after[i].number);
      RC_ASSERT(before[i].expires == after[i].expires);
      RC_ASSERT(before[i].filter == after[i].filter);
    }
    // The answer comes to who asked, whoever shares the port.
    if (answered) {
      const nat::Outcome answer =
          tcp ? nat_.tcp_in(remote, outcome.source,
                            static_cast<std::uint8_t>(net::tcp_flag::syn | net::tcp_flag::ack), 700,
                            101, now_)
              : nat_.in(remote, outcome.source, now_);
      RC_ASSERT(answer.forwarded());
      RC_ASSERT(answer.destination == internal);
    }
  }

  void receive(const Step& step) {
    const auto external = used(step.target);
    if (!external) return;
    const auto before = nat_.nat.mappings(now_);
    const nat::Outcome outcome =
        step.tcp ? nat_.tcp_in(step.remote, *external, net::tcp_flag::syn, 500, 0, now_)
                 : nat_.in(step.remote, *external, now_);
    // By a mapping that was there, and to its owner.
    if (outcome.forwarded()) RC_ASSERT(serves(before, outcome.destination, *external, step.tcp));
  }

  void turn_back(const Step& step) {
    const auto external = used(step.target);
    if (!external) return;
    const nat::Outcome outcome = out(step.tcp, step.internal, *external);
    if (!outcome.hairpinned()) return;
    RC_ASSERT(options_.hairpin != nat::Hairpin::off);
    RC_ASSERT(serves(nat_.nat.mappings(now_), outcome.destination, *external, step.tcp));
  }

  void keeps_its_limits() {
    const auto all = nat_.nat.mappings(now_);
    const auto within = [](std::ptrdiff_t count, std::uint32_t limit) {
      return limit == 0 || count <= static_cast<std::ptrdiff_t>(limit);
    };
    RC_ASSERT(within(std::ssize(all), options_.max_mappings));
    for (const nat::MappingSnapshot& m : all) {
      RC_ASSERT(m.expires > now_);
      const bool low = m.external.port < 1024 && m.internal.port < 1024 &&
                       options_.port_classes != nat::PortClasses::one;
      RC_ASSERT(low || options_.port_range.contains(m.external.port));
      const auto of_host = [&](std::optional<nat::Transport> transport) {
        return std::ranges::count_if(all, [&](const nat::MappingSnapshot& other) {
          return other.internal.address == m.internal.address &&
                 (!transport || other.transport == *transport);
        });
      };
      RC_ASSERT(within(of_host(std::nullopt), options_.max_mappings_per_host));
      RC_ASSERT(within(of_host(nat::Transport::udp), options_.max_udp_mappings_per_host));
      RC_ASSERT(within(of_host(nat::Transport::tcp), options_.max_tcp_mappings_per_host));
      // Without overloading a port has one owner.
      if (overloads(options_.port_allocation)) continue;
      RC_ASSERT(std::ranges::count_if(all, [&](const nat::MappingSnapshot& other) {
                  return other.external == m.external && other.transport == m.transport;
                }) == 1);
    }
  }

  [[nodiscard]] std::optional<Endpoint> used(std::size_t number) const {
    if (used_.empty()) return std::nullopt;
    return *std::next(used_.begin(), static_cast<std::ptrdiff_t>(number % used_.size()));
  }
  static bool serves(const std::vector<nat::MappingSnapshot>& mappings, const Endpoint& internal,
                     const Endpoint& external, bool tcp) {
    const nat::Transport transport = tcp ? nat::Transport::tcp : nat::Transport::udp;
    return std::ranges::any_of(mappings, [&](const nat::MappingSnapshot& m) {
      return m.internal == internal && m.external == external && m.transport == transport;
    });
  }
  [[nodiscard]] bool knows(std::uint64_t number) const {
    const auto all = nat_.nat.mappings(now_);
    return std::ranges::find(all, number, &nat::MappingSnapshot::number) != all.end();
  }

  nat::NatUnderTest nat_;
  const NatOptions& options_;
  Time now_;
  std::set<Endpoint> used_;  // externals, at any time
};

TEST(AnyOptions, KeepOwnersLimitsAndLifetimes) {
  EXPECT_TRUE(holds(6'000, [] {
    const Drawn drawn = *valid_options();
    Watched nat(drawn.options);
    for (const Step& step : *any_steps()) nat.take(step);
    nat.end();
  }));
}

// ---- Permissiveness

// The knobs that have to do with who is reached, but for limits and timers, of which a NAT that
// lets more in needs more.
constexpr std::array<std::string_view, 14> reaching = {
    "mapping",      "filtering",       "filter_scope", "symmetric_on_collision",
    "on_collision", "port_allocation", "port_classes", "preserve_parity",
    "port_stride",  "remember_port",   "pooling",      "hairpin",
    "refresh",      "unsolicited"};

rc::Gen<Drawn> options_that_matter_to_ice() {
  return rc::gen::suchThat(
      rc::gen::exec([] {
        Drawn drawn;
        drawn.options.mapping = static_cast<Dependence>(*rc::gen::inRange(0, 3));
        drawn.options.filtering = static_cast<Dependence>(*rc::gen::inRange(0, 3));
        set_some(drawn.options, reaching, 3);
        return drawn;
      }),
      [](const Drawn& drawn) { return validate(drawn.options).empty(); });
}

Dependence coarser(Dependence dependence) {
  return dependence == Dependence::address_and_port_dependent ? Dependence::address_dependent
                                                              : Dependence::endpoint_independent;
}

// A NAT that looks at less of the remote never keeps apart what another one lets meet.
TEST(AnyOptions, MorePermissiveNatsConnectWhatOthersDo) {
  int connected = 0;
  int failed = 0;
  EXPECT_TRUE(holds(3'000, [&] {
    const Drawn a = *options_that_matter_to_ice();
    const Drawn b = *options_that_matter_to_ice();
    const auto meets = [&](const NatOptions& options) {
      return ice_between({.nat = options}, {.nat = b.options}).has_value();
    };
    const bool meet = meets(a.options);
    ++(meet ? connected : failed);
    if (!meet) return;
    NatOptions by_mapping = a.options;
    by_mapping.mapping = coarser(a.options.mapping);
    RC_ASSERT(meets(by_mapping));
    NatOptions by_filtering = a.options;
    by_filtering.filtering = coarser(a.options.filtering);
    RC_ASSERT(meets(by_filtering));
  }));
  EXPECT_GT(connected, 300);
  EXPECT_GT(failed, 300);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::judges
