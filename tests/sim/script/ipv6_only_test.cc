// NAT64, 464XLAT and DNS64 from a script.
#include "script_test.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

constexpr std::string_view carrier = R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
    local echo = server:echo()
    local carrier = net:nat("carrier", { nat = "nat64-plat", nat64 = "2001:db8:64::/96",
                                         wan = { internet, one_way_delay = "10ms" } })
)";

std::string at_carrier(std::string_view body) { return std::string(carrier) + std::string(body); }

TEST(Ipv6Only, APhoneFindsTheWayByDns64) {
  const Outcome outcome = run_body(at_carrier(R"(
      local dns = net:host("dns", { link = { carrier, one_way_delay = "2ms" }, family = "ipv6" })
      local names = dns:dns_server({ records = { ["echo.example"] = server.ip }, dns64 = carrier.nat64_prefix })
      local phone = net:host("phone", { link = { carrier, one_way_delay = "30ms" }, family = "ipv6" })
      metric("prefix", phone:discover_nat64(names))
      local addresses = phone:resolve(names, "Echo.Example")
      metric("address", addresses[1])
      metric("a", phone:resolve(names, "echo.example", { type = "A" })[1])
      local none, reason = phone:resolve(names, "nobody.example")
      metric("reason", reason)
      metric("asked", names.answered)
      local socket = phone:udp()
      socket:send("[" .. addresses[1] .. "]:7", "hello")
      metric("payload", (socket:receive("1s")))
    )"));
  EXPECT_EQ(metric_of(outcome, "prefix"), "2001:db8:64::/96");
  EXPECT_EQ(metric_of(outcome, "address"), "2001:db8:64::c000:201");
  EXPECT_EQ(metric_of(outcome, "a"), "192.0.2.1");
  EXPECT_EQ(metric_of(outcome, "reason"), "Name Error");
  EXPECT_EQ(metric_of(outcome, "asked"), "4");
  EXPECT_EQ(metric_of(outcome, "payload"), "hello");
}

TEST(Ipv6Only, NobodyAnswersWhereNobodyServes) {
  const Outcome outcome = run_body(at_carrier(R"(
      server.link:up(false)
      local far = net:host("far", { link = { internet } })
      local _, reason = far:resolve({ server, 53 }, "a.example", { timeout = "1s", tries = 2 })
      metric("reason", reason)
      metric("at", net:now())
    )"));
  EXPECT_EQ(metric_of(outcome, "reason"), "timeout");
  EXPECT_EQ(metric_of(outcome, "at"), "2s");
}

TEST(Ipv6Only, AHomeHasItsClat) {
  const Outcome outcome = run_body(at_carrier(R"(
      local phone = net:home("phone", { nat = "none", clat = "2001:db8:64::/96", wan = { carrier } })
      metric("clat", phone.clat.name)
      metric("plat", phone.clat.plat_prefix)
      metric("prefix", phone.clat.prefix)
      local socket = phone:udp({ port = 5000 })
      socket:send(echo, "hello")
      metric("payload", (socket:receive("1s")))
      metric("internal", carrier:mappings()[1].internal)
    )"));
  EXPECT_EQ(metric_of(outcome, "clat"), "phone-clat");
  EXPECT_EQ(metric_of(outcome, "plat"), "2001:db8:64::/96");
  EXPECT_EQ(metric_of(outcome, "prefix"), "fd64::1:0:2:0:0/96");
  EXPECT_EQ(metric_of(outcome, "payload"), "hello");
  EXPECT_EQ(metric_of(outcome, "internal"), "[fd64::1:0:2:c0a8:102]:5000");
}

TEST(Ipv6Only, WhatDoesNotGoTogetherIsAnError) {
  const std::pair<const char*, const char*> rows[] = {
      {R"(net:home("a", { nat = "none", nat64 = true, wan = { internet } }))",
       "'nat64' needs a NAT"},
      {R"(net:home("a", { nat = "symmetric", nat64 = true, family = "dual", wan = { internet } }))",
       "behind a NAT64 'family' is \"ipv6\""},
      {R"(net:home("a", { nat = "symmetric", clat = true, wan = { internet } }))",
       "nat = \"none\""},
      {R"(net:nat("a", { nat = "symmetric", nat64 = "2001:db8::/33", wan = { internet } }))",
       "an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits"},
      {R"(net:nat("a", { nat = "symmetric", nat64 = false, wan = { internet } }))",
       "true or a prefix"},
      {R"(carrier:port_mapping())", "is a NAT64"},
      {R"(server:dns_server({ records = { ["a b"] = "192.0.2.1" } }))", "names and addresses"},
      {R"(server:resolve("192.0.2.1:53", "a..b"))", "a name, such as"},
  };
  for (const auto& [body, expected] : rows) {
    const std::string error = error_of(at_carrier(body));
    EXPECT_NE(error.find(expected), std::string::npos) << error;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
