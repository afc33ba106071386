// Port mappings from a script.
#include "script_test.h"

#include <gmock/gmock.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

using testing::HasSubstr;

constexpr std::string_view home = R"(
    local internet = net:router("internet")
    local outside = net:host("outside", { link = { internet, one_way_delay = "10ms" } })
    local home = net:home("home", { nat = "symmetric", wan = { internet, one_way_delay = "5ms" },
                                    lan = { one_way_delay = "1ms" } })
)";

std::string at_home(std::string_view body) { return std::string(home) + std::string(body); }

TEST(PortMapping, OpensAPortToEverybody) {
  for (const std::string protocol : {"pcp", "nat-pmp"}) {
    const Outcome outcome = run_body(at_home(R"(
      local server = home.nat:port_mapping()
      local mapping = home:map_port({ port = 5000, external_port = 7000, using = ")" +
                                             protocol +
                                             R"(" })
      metric("state", mapping:wait("5s"))
      metric("external", mapping.external)
      metric("lifetime", mapping.lifetime)
      metric("leases", server.leases)
      local inside, far = home:udp({ port = 5000 }), outside:udp({ port = 9 })
      far:send(mapping.external, "hello")
      metric("arrived", (inside:receive("1s")) ~= nil)
      inside:send(far, "back")
      far:receive("1s")
      metric("mappings", #home.nat:mappings())
      mapping:remove()
      metric("end", mapping:wait("5s"))
      metric("left", #home.nat:mappings()))"));
    EXPECT_EQ(metric_of(outcome, "state"), "mapped");
    EXPECT_EQ(metric_of(outcome, "external"), "192.0.2.2:7000");
    EXPECT_EQ(metric_of(outcome, "lifetime"), "7200s");
    EXPECT_EQ(metric_of(outcome, "leases"), "1");
    EXPECT_EQ(metric_of(outcome, "arrived"), "true");
    EXPECT_EQ(metric_of(outcome, "mappings"), "1");
    EXPECT_EQ(metric_of(outcome, "end"), "removed");
    EXPECT_EQ(metric_of(outcome, "left"), "0");
  }
}

TEST(PortMapping, CanBeForAPeerAlone) {
  const Outcome outcome = run_body(at_home(R"(
    home.nat:port_mapping()
    local far = outside:udp({ port = 9 })
    local mapping = home:map_port({ port = 5000, peer = far, lifetime = "200s" })
    metric("state", mapping:wait("5s"))
    metric("lifetime", mapping.lifetime)
    metric("remote", home.nat:mappings()[1].remote)
    mapping:remove()
    metric("end", mapping.state)
    metric("left", #home.nat:mappings()))"));
  EXPECT_EQ(metric_of(outcome, "state"), "mapped");
  EXPECT_EQ(metric_of(outcome, "lifetime"), "200s");
  EXPECT_EQ(metric_of(outcome, "remote"), "192.0.2.1:9");
  EXPECT_EQ(metric_of(outcome, "end"), "removed");
  EXPECT_EQ(metric_of(outcome, "left"), "1") << "it is only renewed no more";
  const auto refusal = [](std::string_view more) {
    return error_of(
        at_home("home:map_port({ port = 5000, peer = '192.0.2.1:9', " + std::string(more) + " })"));
  };
  EXPECT_THAT(refusal("using = 'nat-pmp'"), HasSubstr("'peer' is an option of PCP"));
  EXPECT_THAT(refusal("protocol = 'tcp'"), HasSubstr("'peer' is for UDP alone"));
  EXPECT_THAT(refusal("external_port = 7"), HasSubstr("has neither 'external_port'"));
  EXPECT_THAT(refusal("prefer_failure = true"), HasSubstr("nor 'prefer_failure'"));
}

TEST(PortMapping, IsRenewedAndComesBackAfterAReboot) {
  const Outcome outcome = run_body(at_home(R"(
    home.nat:port_mapping({ max_lifetime = "600s" })
    local mapping = home:map_port({ port = 5000, external_port = 7000, using = "nat-pmp" })
    mapping:wait("5s")
    sleep("1h")
    metric("renewals", mapping.renewals)
    home.nat:flush()
    metric("gone", #home.nat:mappings())
    sleep("10min")
    metric("back", #home.nat:mappings())
    metric("external", mapping.external)
    metric("restarts", mapping.gateway_restarts))"));
  // Every 300 s and the 4 ms to the gateway and back; twelve such fit less than an hour.
  EXPECT_EQ(metric_of(outcome, "renewals"), "11");
  EXPECT_EQ(metric_of(outcome, "gone"), "0");
  EXPECT_EQ(metric_of(outcome, "back"), "1");
  EXPECT_EQ(metric_of(outcome, "external"), "192.0.2.2:7000");
  EXPECT_EQ(metric_of(outcome, "restarts"), "1");
}

TEST(PortMapping, FailsWhereNobodyAnswersOrMayNot) {
  const Outcome outcome = run_body(at_home(R"(
    local silent = home:map_port({ port = 5000, using = "nat-pmp" })
    metric("silent", silent:wait("200s"))
    metric("why", silent.failure)
    home.nat:port_mapping({ allow = false })
    local refused = home:map_port({ port = 5000 })
    metric("refused", refused:wait("5s") .. ": " .. refused.failure))"));
  EXPECT_EQ(metric_of(outcome, "silent"), "failed");
  EXPECT_EQ(metric_of(outcome, "why"), "the gateway does not answer");
  EXPECT_EQ(metric_of(outcome, "refused"), "failed: NOT_AUTHORIZED");
}

TEST(PortMapping, MistakesAreErrors) {
  EXPECT_NE(error_of(at_home("home:map_port({ using = 'pcp' })")).find("missing key 'port'"),
            std::string::npos);
  EXPECT_NE(error_of(at_home("outside:map_port({ port = 1 })"))
                .find("name one farther away with 'gateway'"),
            std::string::npos);
  EXPECT_NE(error_of(at_home("home:map_port({ port = 1, lifetime = '1.5s' })"))
                .find("expected whole seconds"),
            std::string::npos);
  EXPECT_THAT(
      error_of(at_home("home.nat:port_mapping({ nat_pmp = false, pcp = false, upnp = false })")),
      HasSubstr("it has to speak 'nat_pmp', 'pcp' or 'upnp'"));
  EXPECT_THAT(error_of(at_home("home.nat:port_mapping({ upnp = false, upnp_version = 1 })")),
              HasSubstr("'upnp_version' and 'upnp_permanent_only' need 'upnp'"));
  EXPECT_THAT(error_of(at_home(
                  "home.nat:port_mapping({ nat_pmp = false, pcp = false, max_lifetime = '1h' })")),
              HasSubstr("are options of NAT-PMP and PCP"));
  EXPECT_THAT(
      error_of(at_home("home:map_port({ port = 1, using = 'upnp', gateway = '192.168.1.1' })")),
      HasSubstr("with UPnP the gateway is searched for"));
  EXPECT_THAT(
      error_of(at_home("home:map_port({ port = 1, using = 'upnp', peer = { outside, 7 } })")),
      HasSubstr("'peer' is an option of PCP"));
}

TEST(PortMapping, MayAskANatFartherAway) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local carrier = net:nat("carrier", { nat = "full-cone", wan = { internet } })
    carrier:port_mapping()
    local home = net:home("home", { nat = "none", wan = { carrier } })
    metric("inside", carrier.internal_address)
    for i, gateway in ipairs({ carrier, "carrier", carrier.internal_address }) do
      local mapping = home:map_port({ port = 5000 + i, gateway = gateway })
      metric("state" .. i, mapping:wait("5s"))
      metric("outside" .. i, mapping.external:match("^[^:]+") == carrier.external_address)
    end)");
  EXPECT_EQ(metric_of(outcome, "inside"), "100.64.0.1");
  for (const std::string i : {"1", "2", "3"}) {
    EXPECT_EQ(metric_of(outcome, "state" + i), "mapped");
    EXPECT_EQ(metric_of(outcome, "outside" + i), "true");
  }
}

TEST(PortMapping, ByUpnpSearchesForTheGateway) {
  const Outcome outcome = run_body(at_home(R"(
    local server = home.nat:port_mapping({ nat_pmp = false, pcp = false, upnp_version = 1 })
    local mapping = home:map_port({ port = 5000, external_port = 7000, using = "upnp",
                                    lifetime = "600s" })
    metric("state", mapping:wait("20s"))
    metric("external", mapping.external)
    metric("lifetime", mapping.lifetime)
    metric("leases", server.leases)
    sleep("590s")
    metric("renewals", mapping.renewals)
    metric("pcp", home:map_port({ port = 5001, using = "nat-pmp" }):wait("200s"))
    mapping:remove()
    metric("end", mapping:wait("20s"))
    metric("left", server.leases))"));
  EXPECT_EQ(metric_of(outcome, "state"), "mapped");
  EXPECT_EQ(metric_of(outcome, "external"), "192.0.2.2:7000");
  EXPECT_EQ(metric_of(outcome, "lifetime"), "600s");
  EXPECT_EQ(metric_of(outcome, "leases"), "1");
  EXPECT_EQ(metric_of(outcome, "renewals"), "1");
  EXPECT_EQ(metric_of(outcome, "pcp"), "failed");
  EXPECT_EQ(metric_of(outcome, "end"), "removed");
  EXPECT_EQ(metric_of(outcome, "left"), "0");
}

TEST(PortMapping, ByUpnpMayBeWithoutEnd) {
  const Outcome outcome = run_body(at_home(R"(
    local server = home.nat:port_mapping({ upnp_permanent_only = true, upnp_version = 1 })
    local mapping = home:map_port({ port = 5000, using = "upnp" })
    mapping:wait("20s")
    metric("lifetime", tostring(mapping.lifetime))
    sleep("48h")
    metric("leases", server.leases)
    home.nat:reboot("1s")
    sleep("10s")
    metric("after", server.leases))"));
  EXPECT_EQ(metric_of(outcome, "lifetime"), "nil");
  EXPECT_EQ(metric_of(outcome, "leases"), "1");
  EXPECT_EQ(metric_of(outcome, "after"), "0");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
