// DS-Lite from a script.
#include "script_test.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

std::string behind_aftr(std::string_view body) {
  return R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet } })
    local echo = server:echo()
    local carrier = net:nat("carrier", { nat = "port-restricted", aftr = true, wan = { internet } })
)" + std::string(body);
}

TEST(DsLiteScript, TellsOfSoftwires) {
  const Outcome outcome = run_body(behind_aftr(R"(
    local a = net:home("a", { nat = "none", b4 = carrier, wan = { carrier },
                              lan = { prefix = "192.168.1.0/24" } })
    local b = net:home("b", { nat = "none", b4 = carrier.aftr_address, wan = { carrier },
                              lan = { prefix = "192.168.1.0/24" } })
    metric("aftr", carrier.aftr_address)
    metric("other end", b.b4.aftr_address)
    metric("name", a.b4.name)
    metric("same", tostring(a.ip == b.ip))
    for _, host in ipairs({ a, b }) do
      local socket = host:udp({ port = 5000 })
      socket:send(echo, "hello")
      metric("payload of " .. host.name, (socket:receive("1s")))
    end
    local mappings = carrier:mappings()
    metric("internal", mappings[1].internal)
    metric("of a", tostring(mappings[1].softwire == a.b4.address))
    metric("of b", tostring(mappings[2].softwire == b.b4.address))
    metric("shown", tostring(carrier:natstat():find("192.168.1.2:5000 of " .. a.b4.address, 1, true) ~= nil))
  )"));
  EXPECT_EQ(metric_of(outcome, "aftr"), "fd64:0:0:1::1");
  EXPECT_EQ(metric_of(outcome, "other end"), "fd64:0:0:1::1");
  EXPECT_EQ(metric_of(outcome, "name"), "a-b4");
  EXPECT_EQ(metric_of(outcome, "same"), "true");
  EXPECT_EQ(metric_of(outcome, "payload of a"), "hello");
  EXPECT_EQ(metric_of(outcome, "payload of b"), "hello");
  EXPECT_EQ(metric_of(outcome, "internal"), "192.168.1.2:5000");
  EXPECT_EQ(metric_of(outcome, "of a"), "true");
  EXPECT_EQ(metric_of(outcome, "of b"), "true");
  EXPECT_EQ(metric_of(outcome, "shown"), "true");
}

TEST(DsLiteScript, RefusesWhatMakesNoSense) {
  struct Row {
    std::string_view body;
    std::string_view expected;
  };
  const Row rows[] = {
      {R"(net:home("h", { nat = "port-restricted", b4 = carrier, wan = { carrier } }))",
       "a home with 'b4' has nat = \"none\""},
      {R"(net:home("h", { nat = "none", b4 = carrier, clat = true, wan = { carrier } }))",
       "not both"},
      {R"(net:home("h", { nat = "none", b4 = carrier, wan = { carrier }, family = "ipv6" }))",
       "behind a B4 'family' is \"ipv4\""},
      {R"(net:home("h", { nat = "none", b4 = "192.0.2.1", wan = { carrier } }))",
       "the IPv6 address of an AFTR"},
      {R"(net:home("h", { nat = "none", b4 = net:nat("n", { nat = "port-restricted", wan = { internet } }),
                          wan = { carrier } }))",
       "nat 'n' is no AFTR"},
      {R"(net:nat("n", { nat = "port-restricted", aftr = true, nat64 = true, wan = { internet } }))",
       "'aftr' or 'nat64', not both"},
      {R"(net:nat("n", { nat = "port-restricted", aftr = false, wan = { internet } }))",
       "without it a NAT is no AFTR"},
      {R"(net:nat("n", { nat = "port-restricted", aftr = true, family = "dual", wan = { internet } }))",
       "behind an AFTR 'family' is \"ipv6\""},
      {R"(net:nat("n", { nat = { preset = "port-restricted", alg_sip = true }, aftr = true, wan = { internet } }))",
       "an AFTR has no gateways"},
      {R"(net:nat("n", { nat = { preset = "port-restricted", hairpin = "internal_source" }, aftr = true,
                         wan = { internet } }))",
       "hairpin cannot be \"internal_source\""},
      {R"(net:home("h", { nat = "port-restricted", aftr = true, wan = { internet } }))", "'aftr'"},
      {R"(carrier:port_mapping())", "is an AFTR, which serves none"},
      {R"(carrier:set({ port_blocks = "deterministic" }))", "cannot be \"deterministic\""},
  };
  for (const auto& [body, expected] : rows) {
    const std::string error = error_of(behind_aftr(body));
    EXPECT_NE(error.find(expected), std::string::npos) << body << "\n" << error;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
