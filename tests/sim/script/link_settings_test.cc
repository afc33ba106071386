// Every option of a link, as scripts write them.
#include "script_test.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

const std::string internet = "local internet = net:router('internet')\n";

// Line 2 makes a host with such a link.
std::string refusal(const std::string& options) {
  const std::string error =
      error_of(internet + "net:host('a', { link = { internet, " + options + " } })");
  const std::string start = "test.lua:2: net:host: link";
  EXPECT_TRUE(error.starts_with(start)) << error;
  return error.substr(std::min(start.size(), error.size()));
}

TEST(LinkSettings, ContradictionsAreErrors) {
  EXPECT_EQ(refusal("burst_loss = { mean = '1%', burst = 6, p = '1%' }"),
            ".burst_loss: 'mean' and 'burst' say all that the others say: give one or the other");
  EXPECT_EQ(refusal("burst_loss = { mean = '90%', burst = 2 }"),
            ".burst_loss: bursts of 2 packets on average cannot make up so much loss: at most "
            "66.67%");
  EXPECT_EQ(refusal("burst_loss = { mean = '1%' }"),
            ".burst_loss: 'mean' and 'burst' belong together");
  EXPECT_EQ(refusal("burst_loss = { p = '1%' }"),
            ".burst_loss: missing keys: 'mean' and 'burst', or 'p' and 'r'");
  EXPECT_EQ(refusal("rate = '1Mbit', trace = 'x'"),
            ": 'rate' and 'trace' say the same: give one or the other");
  EXPECT_EQ(refusal("jitter = '1ms', jitter_samples = { '1ms' }"),
            ": 'jitter' and 'jitter_samples' say the same: give one or the other");
  EXPECT_EQ(refusal("queue = 'codel'"),
            ": a link without a rate has no queue that 'queue' could manage");
  EXPECT_EQ(refusal("rate = '1Mbit', queue = 'codel', codel_target = '100ms'"),
            ": 'codel_target' is less than 'codel_interval'");
  EXPECT_EQ(refusal("reordered = '1%'"),
            ": 'reordered' needs 'reordered_by', so that others can overtake");
  EXPECT_EQ(refusal("rate_schedule = { { at = '1s', rate = '1Mbit' } }"),
            ".rate_schedule: the first step is at 0s");
  EXPECT_EQ(refusal("rate_schedule = { { at = '0s' } }"), ".rate_schedule[1]: missing key 'rate'");
  EXPECT_EQ(refusal("trace = '../secret'"),
            ".trace: there is no file '../secret' in the scenario's folder");
  EXPECT_EQ(refusal("preset = 'congested-wify'"),
            ".preset: no link preset is named 'congested-wify'; did you mean 'congested-wifi'?");
  EXPECT_EQ(refusal("jitter_distribution = 'gauss'").substr(0, 42),
            ".jitter_distribution: unknown value 'gauss");
}

// The round trips of pings one after another; `a` and `b` are 10 ms apart, `link` is a's.
std::string pings(const std::string& body) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet, one_way_delay = "5ms" } })
    local b = net:host("b", { link = { internet, one_way_delay = "5ms" } })
    local link = a.link
    local echo = b:echo()
    local socket = a:udp({ port = 4000 })
    local seen = {}
    local function ping(size)
      local start = net:now()
      socket:send(echo, string.rep("x", size or 1))
      seen[#seen + 1] = socket:receive("1s") and tostring(net:now() - start) or "lost"
    end
    )" + body + R"(
    metric("seen", table.concat(seen, " ")))");
  return metric_of(outcome, "seen");
}

TEST(LinkSettings, APresetIsOverriddenKeyByKey) {
  EXPECT_EQ(pings(R"(
    -- 20 ms each way, and 150 B at 25 Mbit/s take 48 us.
    link:set({ preset = "congested-wifi", jitter = "0s", burst_loss = { mean = "0%", burst = 1 },
      down = { preset = nil, one_way_delay = "1ms" } })
    ping(122))"),
            "31.096ms");
}

TEST(LinkSettings, BurstsAndOtherFaultsStrike) {
  EXPECT_EQ(pings(R"(
    link:set({ up = { burst_loss = { p = "100%", r = "0%" } } })
    ping() ping()
    link:set({ up = { burst_loss = { mean = "0%", burst = 1 }, corrupt = "100%" } })
    ping()
    link:set({ up = { corrupt = "0%", duplicate = "100%" } })
    ping()
    seen[#seen + 1] = socket.waiting .. " " .. link:counters().up.duplicated)"),
            "20ms lost lost 20ms 1 1");
}

TEST(LinkSettings, SchedulesAndSamplesWork) {
  EXPECT_EQ(pings(R"(
    link:set({ up = { rate_schedule = { { at = "0s", rate = "80kbit" }, { at = "10s", rate = "none" },
      { at = "11s", rate = "160kbit" } } } })
    ping(72)  -- 10 ms
    sleep(duration("10.5s") - net:now())
    ping(72)  -- half a second of nothing, and 5 ms
    link:set({ rate = "unlimited", jitter_samples = { "3ms" } })
    ping())"),
            "30ms 525ms 26ms");
}

TEST(LinkSettings, ManagedQueuesNeedARateAndWork) {
  EXPECT_EQ(pings(R"(
    link:set({ rate = "80kbit", queue = "fq_codel", fq_flows = 16, fq_quantum = "300B" })
    ping(72)
    link:set({ queue = "codel", codel_target = "10ms", codel_interval = "50ms" })
    ping(72)
    link:set({ queue = "drop_tail" })
    ping(72))"),
            "40ms 40ms 40ms");
}

TEST(LinkSettings, DownHoldsOrDropsOneDirection) {
  EXPECT_EQ(pings(R"(
    socket:send(echo, "x")
    sleep("7ms")
    link:up(false, { direction = "down", in_flight = "hold" })
    b.link:up(false, { in_flight = "drop" })
    seen[1] = tostring(link.is_up)
    link:up(true)
    seen[2] = tostring(socket:receive("1s")))"),
            "false nil");
  EXPECT_EQ(
      error_of(internet + "local a = net:host('a', { link = { internet } })\n"
                          "a.link:up(true, { in_flight = 'drop' })"),
      "test.lua:3: link:up: 'in_flight' says what becomes of packets when the link goes down");
}

TEST(LinkSettings, ATraceIsReadFromTheScenariosFolder) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "natsim_trace_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "slow.trace") << "40\n80\n";
  std::ofstream(folder / "broken.trace") << "40\nforty\n";
  const auto run = [&folder](const std::string& trace) {
    auto file = load_text((folder / "test.lua").string(), R"(
      scenario("trace", function(net)
        local internet = net:router("internet")
        local a = net:host("a", { link = { internet, up = { trace = ")" +
                                                              trace + R"(" } } })
        local socket = a:udp()
        socket:send(net:host("b", { link = { internet } }):echo(), "x")
        socket:receive("1s")
        metric("at", net:now())
      end))");
    return run_scenario(file.value(), 0, {});
  };
  EXPECT_EQ(metric_of(run("slow.trace"), "at"), "40ms");
  EXPECT_NE(run("broken.trace")
                .error.find("broken.trace: line 2: expected milliseconds, a whole number, got "
                            "\"forty\""),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
