// Hosts that move and sleep, and what they do with fragments, as scripts see them.
#include "script_test.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

TEST(HostMoves, FromWifiToCellularWithAGap) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local phone = net:host("phone", { links = {
      { internet, one_way_delay = "5ms" },
      { internet, one_way_delay = "40ms" },
    } })
    local server = net:host("server", { link = { internet } })
    local wifi, cellular = phone.interfaces[1], phone.interfaces[2]
    local echo = server:echo()
    local socket = phone:udp({ ip = "0.0.0.0", port = 4000 })
    local seen = {}
    local function ping()
      local start = net:now()
      socket:send(echo, "x")
      seen[#seen + 1] = socket:receive("1s") and tostring(net:now() - start) or "lost"
    end
    cellular:up(false)
    ping()
    wifi:up(false)
    ping()
    cellular:up(true)
    ping()
    cellular:set_address("198.51.100.77")
    ping()
    seen[#seen + 1] = cellular.ips[1] .. " " .. tostring(wifi.is_up) .. " " .. wifi.name
    metric("seen", table.concat(seen, " ")))");
  EXPECT_EQ(metric_of(outcome, "seen"), "10ms lost 80ms 80ms 198.51.100.77 false phone/0");
}

TEST(HostMoves, AgentsOfASleepingHostWakeLate) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    local b = net:host("b", { link = { internet } })
    local source = a:udp_source({ to = b:echo(), interval = "20ms", count = 5 })
    sleep("30ms")  -- 0 and 20 ms
    a:sleep()
    metric("asleep", a.asleep)
    sleep("1s")
    metric("sent asleep", source.sent)
    a:wake()
    sleep("10ms")
    metric("sent awake", source.sent))");
  EXPECT_EQ(metric_of(outcome, "asleep"), "true");
  EXPECT_EQ(metric_of(outcome, "sent asleep"), "2");
  EXPECT_NE(metric_of(outcome, "sent awake"), "2");
}

TEST(HostMoves, AHostMayLetItsDatagramsBeCut) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    local b = net:host("b", { link = { internet, mtu = "600B" } })
    local sent = string.rep("x", 1400)
    local function arrives(port)
      local to, from = b:udp({ port = port }), a:udp()
      from:send(to, sent)
      return to:receive("1s") == sent
    end
    metric("forbidden", arrives(1000))
    a:set({ dont_fragment = false })
    metric("allowed", arrives(1001)))");
  EXPECT_EQ(metric_of(outcome, "forbidden"), "false");
  EXPECT_EQ(metric_of(outcome, "allowed"), "true");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
