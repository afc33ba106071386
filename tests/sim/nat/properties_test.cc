// What holds for every NAT and every sequence of packets.
#include "nat_under_test.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sim/nat/option_names.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

template <typename Value, std::size_t N>
Value any_of(const std::array<OptionName<Value>, N>& table) {
  return table[*rc::gen::inRange<std::size_t>(0, N)].value;
}

NatOptions any_options() {
  NatOptions options;
  options.mapping = any_of(mapping_names);
  options.filtering = any_of(filtering_names);
  options.filter_scope = any_of(filter_scope_names);
  options.port_allocation = any_of(port_allocation_names);
  options.refresh = any_of(refresh_names);
  options.pooling = any_of(pooling_names);
  options.hairpin = any_of(hairpin_names);
  options.on_collision = any_of(port_collision_names);
  options.preserve_parity = *rc::gen::arbitrary<bool>();
  options.remember_port = *rc::gen::arbitrary<bool>();
  options.pool_fallback = *rc::gen::arbitrary<bool>();
  options.port_hold_down = seconds(*rc::gen::element(0, 30));
  options.on_table_full = any_of(exhaustion_names);
  options.udp_timeout = seconds(60);
  // A range so small that it runs out, around the internal ports.
  options.port_range = {4999, *rc::gen::inRange<std::uint16_t>(5000, 5012)};
  options.max_mappings = *rc::gen::inRange<std::uint32_t>(0, 12);
  if (options.max_mappings != 0) {
    options.max_mappings_per_host = *rc::gen::inRange<std::uint32_t>(0, options.max_mappings + 1);
  }
  RC_ASSERT(validate(options).empty());
  return options;
}

const std::vector<const char*> internals = {"192.168.1.5:5000", "192.168.1.5:5001",
                                            "192.168.1.6:5000", "192.168.1.7:5000"};
const std::vector<const char*> remotes = {"203.0.113.10:3478", "203.0.113.10:3479",
                                          "203.0.113.11:3478", "203.0.113.11:3480",
                                          "203.0.113.12:9"};

Endpoint any_of(const std::vector<const char*>& texts) {
  return at(texts[*rc::gen::inRange<std::size_t>(0, texts.size())]);
}
Endpoint any_external(const NatOptions& options) {
  return {ip(*rc::gen::arbitrary<bool>() ? "198.51.100.1" : "198.51.100.2"),
          *rc::gen::inRange<std::uint16_t>(
              options.port_range.first, static_cast<std::uint16_t>(options.port_range.last + 1))};
}

// The NAT of the specification, without any index: every question is answered by a walk.
class Model {
 public:
  explicit Model(const NatOptions& options) : options_(options) {}

  void expire(Time now) {
    std::erase_if(mappings_,
                  [&](const Session& m) { return m.refreshed() + options_.udp_timeout <= now; });
  }
  // A packet has gone out by `external`, or not at all.
  void sent(const Endpoint& internal, const Endpoint& remote,
            const std::optional<Endpoint>& external, Time now) {
    Session* session = find(internal, remote);
    if (!external) {
      RC_ASSERT(session == nullptr || overloads());
      return;
    }
    // Where another host holds the remote on the shared port, this remote gets a port of its own.
    const bool dedicated = session != nullptr && session->external != *external;
    if (dedicated) {
      RC_ASSERT(overloads());
      RC_ASSERT(!session->dedicated);
    }
    if (!overloads()) {
      for (const Session& m : mappings_) RC_ASSERT(m.external != *external || &m == session);
    }
    if (session == nullptr || dedicated) {
      const Dependence dependence = dedicated ? finest() : options_.mapping;
      mappings_.push_back({.internal = internal,
                           .external = *external,
                           .key = seen_by(dependence, remote),
                           .dedicated = dedicated,
                           .sent = now,
                           .received = now,
                           .remotes = {}});
      session = &mappings_.back();
    }
    session->remotes.insert(remote);
    if (options_.refresh != Refresh::inbound) session->sent = now;
    if (options_.refresh != Refresh::inbound && options_.refresh != Refresh::per_direction) {
      session->received = now;
    }
  }
  // Whom a packet from outside may reach.
  [[nodiscard]] std::set<Endpoint> receivers(const Endpoint& remote,
                                             const Endpoint& external) const {
    std::set<Endpoint> found;
    for (const Session& m : mappings_) {
      if (m.external == external && admits(m, remote)) found.insert(m.internal);
    }
    return found;
  }
  void received(const Endpoint& internal, const Endpoint& external, Time now) {
    if (options_.refresh == Refresh::outbound) return;
    for (Session& m : mappings_) {
      if (m.internal != internal || m.external != external) continue;
      m.received = now;
      if (options_.refresh != Refresh::per_direction) m.sent = now;
    }
  }
  [[nodiscard]] std::size_t size() const { return mappings_.size(); }
  [[nodiscard]] bool overloads() const { return nat::overloads(options_.port_allocation); }

 private:
  struct Session {
    Endpoint internal;
    Endpoint external;
    Endpoint key;
    bool dedicated;  // to the remotes of its key alone, which is finer than others'
    Time sent;
    Time received;
    std::set<Endpoint> remotes;

    [[nodiscard]] Time refreshed() const { return std::min(sent, received); }
  };

  Session* find(const Endpoint& internal, const Endpoint& remote) {
    Session* found = nullptr;
    for (Session& m : mappings_) {
      const Dependence dependence = m.dedicated ? finest() : options_.mapping;
      if (m.internal != internal || m.key != seen_by(dependence, remote)) continue;
      if (found == nullptr || m.dedicated) found = &m;
    }
    return found;
  }
  [[nodiscard]] Dependence finest() const { return std::max(options_.mapping, options_.filtering); }
  [[nodiscard]] bool sent_to(const Session& m, const Endpoint& remote) const {
    return std::any_of(m.remotes.begin(), m.remotes.end(), [&](const Endpoint& r) {
      return seen_by(options_.filtering, r) == seen_by(options_.filtering, remote);
    });
  }
  [[nodiscard]] bool admits(const Session& m, const Endpoint& remote) const {
    if (sent_to(m, remote)) return true;
    return options_.filter_scope == FilterScope::per_endpoint &&
           std::any_of(mappings_.begin(), mappings_.end(), [&](const Session& other) {
             return other.internal == m.internal && sent_to(other, remote);
           });
  }

  NatOptions options_;
  std::vector<Session> mappings_;
};

TEST(NatProperty, AgreesWithTheModelWhileNoPortIsShared) {
  EXPECT_TRUE(rc::check([] {
    NatOptions options = any_options();
    if (overloads(options.port_allocation)) options.port_allocation = PortAllocation::preserve;
    options.on_table_full = Exhaustion::silent;  // the model has no idea whom to evict
    NatUnderTest t(options, {"198.51.100.1", "198.51.100.2"});
    Model model(options);
    Time now;
    for (int step = 0; step < 60; ++step) {
      now += seconds(*rc::gen::inRange(0, 25));
      model.expire(now);
      if (*rc::gen::arbitrary<bool>()) {
        const Endpoint internal = any_of(internals);
        const Endpoint remote = any_of(remotes);
        const Outcome outcome = t.out(internal, remote, now);
        model.sent(internal, remote,
                   outcome.forwarded() ? std::optional(outcome.source) : std::nullopt, now);
      } else {
        const Endpoint remote = any_of(remotes);
        const Endpoint external = any_external(options);
        const Outcome outcome = t.in(remote, external, now);
        const auto receivers = model.receivers(remote, external);
        RC_ASSERT(outcome.forwarded() == !receivers.empty());
        if (outcome.forwarded()) {
          RC_ASSERT(receivers.contains(outcome.destination));
          model.received(outcome.destination, external, now);
        }
      }
      RC_ASSERT(t.nat.mapping_count() == model.size());
      RC_ASSERT(t.nat.mappings(now).size() == model.size());
    }
  }));
}

TEST(NatProperty, InboundReachesOnlyHostsThatOpenedTheWay) {
  EXPECT_TRUE(rc::check([] {
    NatOptions options = any_options();
    options.port_allocation =
        *rc::gen::element(PortAllocation::preserve_overload, PortAllocation::random_overload);
    options.refresh = Refresh::outbound;
    options.on_table_full = Exhaustion::silent;
    NatUnderTest t(options, {"198.51.100.1", "198.51.100.2"});
    Model model(options);
    Time now;
    for (int step = 0; step < 80; ++step) {
      now += seconds(*rc::gen::inRange(0, 15));
      model.expire(now);
      const Endpoint remote = any_of(remotes);
      if (*rc::gen::arbitrary<bool>()) {
        const Endpoint internal = any_of(internals);
        const Outcome outcome = t.out(internal, remote, now);
        model.sent(internal, remote,
                   outcome.forwarded() ? std::optional(outcome.source) : std::nullopt, now);
        if (!outcome.forwarded()) continue;
        // The answer finds its way back, whoever shares the port.
        const Outcome answer = t.in(remote, outcome.source, now);
        RC_ASSERT(answer.forwarded());
        RC_ASSERT(answer.destination == internal);
      } else {
        const Endpoint external = any_external(options);
        const Outcome outcome = t.in(remote, external, now);
        const auto receivers = model.receivers(remote, external);
        if (outcome.forwarded()) RC_ASSERT(receivers.contains(outcome.destination));
        if (options.filter_scope == FilterScope::per_mapping) {
          RC_ASSERT(outcome.forwarded() == !receivers.empty());
        }
      }
    }
  }));
}

TEST(NatProperty, LimitsAndRangesAreKept) {
  EXPECT_TRUE(rc::check([] {
    NatOptions options = any_options();
    options.timer_scope = any_of(timer_scope_names);
    options.on_exhaustion = any_of(exhaustion_names);
    if (options.on_exhaustion >= Exhaustion::evict_oldest) options.port_hold_down = Duration{};
    if (options.refresh == Refresh::per_direction) options.refresh = Refresh::both;
    NatUnderTest t(options, {"198.51.100.1", "198.51.100.2"});
    Time now;
    for (int step = 0; step < 60; ++step) {
      now += seconds(*rc::gen::inRange(0, 10));
      const bool hairpin = *rc::gen::arbitrary<bool>();
      const Endpoint remote = hairpin ? any_external(options) : any_of(remotes);
      const Outcome outcome = t.out(any_of(internals), remote, now);
      const auto all = t.nat.mappings(now);
      RC_ASSERT(options.max_mappings == 0 || all.size() <= options.max_mappings);
      for (const MappingSnapshot& m : all) {
        RC_ASSERT(options.port_range.contains(m.external.port));
        RC_ASSERT(m.expires > now);
        const auto of_host = std::count_if(all.begin(), all.end(), [&](const auto& other) {
          return other.internal.address == m.internal.address;
        });
        RC_ASSERT(options.max_mappings_per_host == 0 ||
                  of_host <= std::ptrdiff_t{options.max_mappings_per_host});
        if (options.pooling != Pooling::paired || options.pool_fallback) continue;
        for (const MappingSnapshot& other : all) {
          RC_ASSERT(other.internal.address != m.internal.address ||
                    other.external.address == m.external.address);
        }
      }
      if (outcome.reason() == core::DropReason::nat_ports_exhausted) {
        RC_ASSERT(t.events.back().step == core::MappingStep::refused);
      }
    }
    // Created and gone balance.
    t.nat.flush(now);
    std::ptrdiff_t live = 0;
    for (const core::MappingEvent& event : t.events) {
      live += event.step == core::MappingStep::created ? 1 : 0;
      live -= event.step == core::MappingStep::expired || event.step == core::MappingStep::evicted;
    }
    RC_ASSERT(live == 0);
    RC_ASSERT(t.nat.next_expiry() == Time::never());
  }));
}

TEST(NatProperty, OutAndBackGivesTheOriginalPacket) {
  EXPECT_TRUE(rc::check([](const Bytes& payload) {
    NatOptions options = any_options();
    options.max_mappings = options.max_mappings_per_host = 0;
    options.on_collision = PortCollision::next_free;
    NatUnderTest t(options);
    const Endpoint internal = any_of(internals);
    const Endpoint remote = any_of(remotes);
    const net::PacketPtr there = net::make_udp(t.pool, internal, remote, payload);
    RC_ASSERT(t.pass(there, Time{}, true).forwarded());
    const Endpoint external = there->source;
    const net::PacketPtr back = net::make_udp(t.pool, remote, external, payload);
    RC_ASSERT(t.pass(back, Time{}, false).forwarded());
    // As if there were no NAT, in every byte.
    const net::PacketPtr direct = net::make_udp(t.pool, remote, internal, payload);
    RC_ASSERT(std::ranges::equal(back->datagram(), direct->datagram()));
    const net::PacketPtr seen = net::make_udp(t.pool, external, remote, payload);
    RC_ASSERT(std::ranges::equal(there->datagram(), seen->datagram()));
  }));
}

TEST(NatProperty, SendingAgainAtTheSameTimeChangesCountersOnly) {
  EXPECT_TRUE(rc::check([] {
    NatUnderTest t(any_options(), {"198.51.100.1", "198.51.100.2"});
    Time now;
    for (int step = 0; step < 20; ++step) {
      now += seconds(*rc::gen::inRange(0, 10));
      t.out(any_of(internals), any_of(remotes), now);
    }
    const Endpoint internal = any_of(internals);
    const Endpoint remote = any_of(remotes);
    const Outcome once = t.out(internal, remote, now);
    RC_PRE(once.forwarded());
    const auto before = t.nat.mappings(now);
    const std::size_t events = t.events.size();
    RC_ASSERT(t.out(internal, remote, now).source == once.source);
    RC_ASSERT(t.events.size() == events);
    const auto after = t.nat.mappings(now);
    RC_ASSERT(before.size() == after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      RC_ASSERT(before[i].number == after[i].number);
      RC_ASSERT(before[i].expires == after[i].expires);
      RC_ASSERT(before[i].filter == after[i].filter);
    }
  }));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
