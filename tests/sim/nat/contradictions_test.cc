// Options that cannot be meant together, and the table of knobs.
#include <set>

#include <gtest/gtest.h>

#include "sim/nat/knobs.h"
#include "sim/nat/presets.h"

namespace natsim::nat {
namespace NATSIM_TEST_FILE {

struct Refused {
  NatOptions options;
  std::string_view text;
};

class Contradiction : public testing::TestWithParam<Refused> {};

TEST_P(Contradiction, IsRefusedWithItsReason) {
  const auto errors = validate(GetParam().options);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(to_string(errors[0]), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    All, Contradiction,
    testing::Values(
        Refused{
            {.port_allocation = PortAllocation::preserve_overload, .symmetric_on_collision = true},
            "symmetric_on_collision is yes, expected no overloading port_allocation beside it: "
            "a port that can be shared does not collide"},
        Refused{{.on_collision = PortCollision::refuse, .symmetric_on_collision = true},
                "symmetric_on_collision is yes, expected on_collision not to be \"refuse\" beside "
                "it: there is no mapping then that could be symmetric"},
        Refused{{.port_range = {80, 90}, .port_classes = PortClasses::two},
                "port_classes is two, expected port_range to begin at 1024 or above beside it: "
                "ports below have classes of their own"},
        Refused{{.port_classes = PortClasses::two, .port_blocks = PortBlocks::dynamic},
                "port_classes is two, expected no port_blocks beside it: a host's block has ports "
                "of one class"},
        Refused{{.port_range = {2000, 2009}, .port_stride = 11},
                "port_stride is 11, expected at most as many as port_range has ports"},
        Refused{{.port_range = {2000, 2009}, .port_blocks = PortBlocks::dynamic},
                "port_block_size is 512, expected at most as many as port_range has"},
        Refused{{.port_blocks = PortBlocks::deterministic, .port_blocks_per_host = 2},
                "port_blocks_per_host is 2, expected 1 beside deterministic blocks: a host has the "
                "one of its address"},
        Refused{{.port_blocks = PortBlocks::deterministic, .pooling = Pooling::arbitrary},
                "pooling is arbitrary, expected \"paired\" beside deterministic blocks: a host's "
                "block has one external address"},
        Refused{{.port_hold_down = seconds(120), .on_exhaustion = Exhaustion::evict_oldest},
                "on_exhaustion is evict_oldest, expected no eviction beside port_hold_down: the "
                "port of what is evicted could not be used"},
        Refused{{.filtering = Dependence::endpoint_independent,
                 .timer_scope = TimerScope::per_session,
                 .refresh = Refresh::per_direction},
                "refresh is per_direction, expected another refresh beside EIF and timer_scope "
                "\"per_session\": what anyone sends belongs to no session, so that nothing would "
                "restart the timer of that direction"}));

TEST(Knobs, EachIsOutOfBoundsByItself) {
  EXPECT_EQ(to_string(validate({.port_stride = 0}).at(0)),
            "port_stride is 0, expected a number from 1 to 1024");
  EXPECT_EQ(to_string(validate({.udp_timeout_new = Duration{-1}}).at(0)),
            "udp_timeout_new is -1ns, expected at least 0s and at most 31536000s");
  EXPECT_EQ(to_string(validate({.udp_port_timeouts = {{53, Duration{}}}}).at(0)),
            "udp_port_timeouts is 53: 0s, expected more than 0s and at most 31536000s");
  EXPECT_EQ(to_string(validate({.udp_port_timeouts = {{53, seconds(1)}, {53, seconds(2)}}}).at(0)),
            "udp_port_timeouts is 53: 1s, 53: 2s, expected each port once");
  NatOptions tcp;
  tcp.tcp_timeouts.established = Duration{};
  EXPECT_EQ(to_string(validate(tcp).at(0)),
            "tcp_timeout_established is 0s, expected more than 0s and at most 31536000s");
}

TEST(Knobs, HaveNamesOfTheirOwnAndMeanings) {
  std::set<std::string_view> names;
  for (const Knob& knob : knobs()) {
    EXPECT_TRUE(names.insert(knob.name).second) << knob.name;
    EXPECT_FALSE(knob.meaning.empty()) << knob.name;
    EXPECT_FALSE(knob.meaning.ends_with('.')) << knob.name;
    EXPECT_EQ(find_knob(knob.name), &knob);
  }
  EXPECT_EQ(find_knob("no such"), nullptr);
}

TEST(Knobs, PrintValues) {
  const auto text = [](std::string_view name, const NatOptions& options) {
    return value_text(*find_knob(name), options);
  };
  const NatOptions options{.udp_port_timeouts = {{53, seconds(10)}, {123, seconds(60)}}};
  EXPECT_EQ(text("mapping", options), "EIM");
  EXPECT_EQ(text("port_range", options), "1024-65535");
  EXPECT_EQ(text("udp_timeout", options), "300s");
  EXPECT_EQ(text("udp_port_timeouts", options), "53: 10s, 123: 60s");
  EXPECT_EQ(text("udp_port_timeouts", {}), "none");
  EXPECT_EQ(text("hairpin_filtered", options), "yes");
  EXPECT_EQ(text("subscribers", options), "100.64.0.0/10");
  EXPECT_EQ(text("tcp_timeout_established", options), "7440s");
  EXPECT_EQ(text("max_mappings", options), "0");
}

// Setting a knob to what it is changes nothing, and every choice can be read back.
TEST(Knobs, SettersAndGettersAgree) {
  for (const Knob& knob : knobs()) {
    NatOptions options;
    if (const auto* const choice = std::get_if<ChoiceKnob>(&knob.kind)) {
      for (std::size_t position = 0; position < choice->size; ++position) {
        choice->set(options, position);
        EXPECT_EQ(choice->get(options), position) << knob.name;
        EXPECT_EQ(value_text(knob, options), choice->name(position));
      }
    } else if (const auto* const count = std::get_if<CountKnob>(&knob.kind)) {
      count->set(options, count->high);
      EXPECT_EQ(count->get(options), count->high) << knob.name;
    } else if (const auto* const duration = std::get_if<DurationKnob>(&knob.kind)) {
      duration->set(options, seconds(77));
      EXPECT_EQ(duration->get(options), seconds(77)) << knob.name;
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::nat
