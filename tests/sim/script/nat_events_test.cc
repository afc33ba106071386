// What befalls a NAT in a script.
#include "script_test.h"

#include <gtest/gtest.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

const std::string home = R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet }, ip = "203.0.113.10" })
    local echo = server:echo()
    local a = net:home("a", { nat = "full-cone",
                              wan = { internet, ip = "198.51.100.7" } })
    local socket = a:udp({ port = 5000 })
    local function outside()
      socket:send(echo, "hello")
      sleep("1s")
      local row = a.nat:mappings()[1]
      return row and row.external or "none"
    end
    local first = outside()
)";

TEST(NatEventsInScripts, Reboot) {
  const Outcome outcome = run_body(home + R"(
    a.nat:reboot("30s")
    local down = outside()
    sleep("30s")
    metric("seen", first .. " " .. down .. " " .. outside()))");
  EXPECT_EQ(metric_of(outcome, "seen"), "198.51.100.7:5000 none 198.51.100.7:5000");
}

TEST(NatEventsInScripts, Renumber) {
  const Outcome outcome = run_body(home + R"(
    a.nat:renumber("198.51.100.9")
    metric("seen", first .. " " .. outside() .. " " .. a.nat.external_address))");
  EXPECT_EQ(metric_of(outcome, "seen"), "198.51.100.7:5000 198.51.100.9:5000 198.51.100.9");
  EXPECT_EQ(error_of(home + "a.nat:renumber('203.0.113.10')"),
            "test.lua:15: nat:renumber: 203.0.113.10 is the address of 'server' already");
}

TEST(NatEventsInScripts, Set) {
  const Outcome outcome = run_body(home + R"(
    a.nat:set({ mapping = "APDM", filtering = "APDF", port_range = { 6000, 6009 } })
    metric("seen", first .. " " .. outside() .. " " .. a.nat.kind))");
  EXPECT_EQ(metric_of(outcome, "seen"), "198.51.100.7:5000 198.51.100.7:6000 APDM/APDF");
  EXPECT_EQ(error_of(home + "a.nat:set({ maping = 'EIM' })"),
            "test.lua:15: nat:set: unknown key 'maping'; did you mean 'mapping'?");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
