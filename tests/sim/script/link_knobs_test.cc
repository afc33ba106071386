// Every option of a link, changed while the link carries packets: each makes a difference to them,
// and what is none of its values is refused.
#include "script_test.h"

#include <string>
#include <vector>

#include <fmt/format.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

struct Knob {
  std::string name;
  std::string beside;  // what else has to be set for it to make a difference
  std::string value;
  std::string wrong;
  std::string said;  // about the wrong one
};

const std::vector<Knob> knobs = {
    {"one_way_delay", "", "'3ms'", "3",
     "expected a duration such as \"20ms\", got 3: it needs a unit"},
    {"jitter", "", "'1ms'", "'-1ms'", "\"-1ms\""},
    {"jitter_distribution", "jitter = '1ms'", "'normal'", "'gauss'", "unknown value 'gauss'"},
    {"jitter_samples", "", "{ '1ms', '4ms' }", "{}", "expected "},
    {"reorder", "jitter = '20ms'", "true", "1", "expected true or false, got 1"},
    {"reordered", "reordered_by = '9ms'", "'10%'", "0.1", "got 0.1: it needs a unit"},
    {"reordered_by", "reordered = '10%', reordered_by = '3ms'", "'9ms'", "'9'", "\"9\""},
    {"duplicate", "", "'10%'", "'101%'", "\"101%\""},
    {"corrupt", "", "'10%'", "'10'", "\"10\""},
    {"rate", "", "'2Mbit'", "'2MB'", "\"2MB\""},
    {"rate_schedule", "", "{ { at = '0s', rate = '2Mbit' } }", "{ {} }", "missing key"},
    {"loss", "", "'10%'", "'x%'", "\"x%\""},
    {"burst_loss", "", "{ mean = '10%', burst = 5 }", "{ mean = '10%', burst = 0 }",
     "a burst has at least one packet on average, got 0"},
    {"queue", "rate = '1Mbit'", "'codel'", "'red'", "unknown value 'red'"},
    {"queue_packets", "rate = '1Mbit'", "3", "0",
     "expected a whole number from 1 to 1000000000, got 0"},
    {"queue_bytes", "rate = '1Mbit'", "'4kB'", "4000", "got 4000: it needs a unit"},
    {"codel_target", "rate = '1Mbit', queue = 'codel'", "'90ms'", "'0s'", "greater than zero"},
    {"codel_interval", "rate = '1Mbit', queue = 'codel'", "'20ms'", "'1000s'", "less than 1000s"},
    {"fq_flows", "rate = '1Mbit', queue = 'fq_codel'", "1", "65537", "from 1 to 65536, got 65537"},
    {"fq_quantum", "rate = '1Mbit', queue = 'fq_codel'", "'300B'", "'0B'", "a size from 1B to 1MB"},
    {"mtu", "", "'576B'", "'575B'", "a size from 576B to 65535B"},
    {"mtu_black_hole", "mtu = '576B'", "true", "'no'", "expected true or false, got \"no\""},
};

// A link to `b` behind a router that can say what it drops, with such options.
std::string link_with(const std::string& options) {
  return fmt::format(R"(local internet = net:router("internet")
    local edge = net:router("edge", {{ link = {{ internet, ip = "198.51.100.1" }} }})
    local a = net:host("a", {{ link = {{ internet }} }})
    local b = net:host("b", {{ link = {{ edge, {} }} }})
    )",
                     options);
}

// What arrives over the link and when, of two flows, once `change` was made.
std::string seen(const std::string& options, const std::string& change) {
  const Outcome outcome = run_body(link_with(options) + R"(
    local from, to = a:udp(), b:udp({ port = 9 })
    local seen = {}
    local function take(time)
      local last = net:now() + time
      repeat
        local data = to:receive(last - net:now())
        seen[#seen + 1] = data and data:match("%d+") .. "@" .. tostring(net:now())
      until not data
    end
    )" + change + R"(
    local other = a:udp_source({ to = { b, 10 }, interval = "20ms", size = "1300B", count = 20 })
    for i = 1, 200 do
      from:send(to, i .. string.rep("x", i % 3 * 600))
      take("2ms")
    end
    take("5s")
    metric("seen", table.concat(seen, " ") .. " refused " .. other.refused))");
  return metric_of(outcome, "seen");
}

TEST(LinkKnobs, EachMakesADifferenceWhenItIsChanged) {
  for (const Knob& knob : knobs) {
    const std::string before = seen(knob.beside, "");
    const std::string change =
        fmt::format("b.link:set({{ down = {{ {} = {} }} }})", knob.name, knob.value);
    const std::string after = seen(knob.beside, change);
    EXPECT_NE(before.find('@'), std::string::npos) << knob.name << ": " << before;
    EXPECT_NE(after.find("refused"), std::string::npos) << knob.name << ": " << after;
    EXPECT_NE(before, after) << knob.name;
  }
}

TEST(LinkKnobs, AWrongValueIsRefusedWhereItIs) {
  for (const Knob& knob : knobs) {
    const std::string beside = knob.beside.empty() ? "" : knob.beside + ", ";
    const std::string error =
        error_of(link_with("") + fmt::format("b.link:set({{ down = {{ {}{} = {} }} }})", beside,
                                             knob.name, knob.wrong));
    const std::string start = "test.lua:5: link:set: down." + knob.name;
    EXPECT_TRUE(error.starts_with(start)) << error;
    EXPECT_NE(error.find(knob.said), std::string::npos) << error << "\nlacks " << knob.said;
  }
}

TEST(LinkKnobs, AreAllHere) {
  Names names = quoted_behind(
      "; expected ",
      error_of(link_with("") + "b.link:set({ down = { qqqqqqqqqqqqqqqqqqqqqqqq = 1 } })"));
  EXPECT_EQ(names.erase("trace"), 1U);  // needs a file; see link_settings_test.cc
  for (const Knob& knob : knobs) EXPECT_EQ(names.erase(knob.name), 1U) << knob.name;
  EXPECT_EQ(names, Names());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
