// Firewalls from a script.
#include "script_test.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

TEST(Firewalls, GuardAHomeWithoutANat) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "10ms" }, family = "ipv6" })
    local home = net:home("home", { nat = "none", firewall = "rfc6092", family = "ipv6",
                                    wan = { internet, one_way_delay = "5ms" } })
    local inside = home:udp({ port = 5000 })
    local outside = server:udp({ port = 3478 })
    outside:send(inside, "unasked")
    sleep("1s")
    metric("before", inside:receive("0s") == nil)
    inside:send(outside, "hello")
    sleep("1s")
    outside:send(inside, "answer")
    sleep("1s")
    metric("after", inside:receive("0s") ~= nil)
    metric("name", home.firewall.name)
    metric("flows", #home.firewall:flows())
    metric("internal", home.firewall:flows()[1].internal)
    metric("nat", tostring(home.nat)))");
  EXPECT_EQ(metric_of(outcome, "before"), "true");
  EXPECT_EQ(metric_of(outcome, "after"), "true");
  EXPECT_EQ(metric_of(outcome, "name"), "home-firewall");
  EXPECT_EQ(metric_of(outcome, "flows"), "1");
  EXPECT_EQ(metric_of(outcome, "internal"), "[2001:db8::3]:5000");
  EXPECT_EQ(metric_of(outcome, "nat"), "nil");
}

TEST(Firewalls, StandBetweenANatAndTheOutside) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet } })
    server:stun_server()
    local home = net:home("home", { nat = "full-cone", wan = { internet },
      firewall = { filtering = "APDF", outbound = { { deny = "udp", port = { 5000, 6000 } } } } })
    local stun = home:stun_request(server)
    metric("mapped", stun.mapped)
    metric("nat", home.nat.external_address)
    local socket = home:udp({ port = 7 })
    socket:send(server.ip .. ":5500", "no")
    sleep("1s")
    metric("flows", #home.firewall:flows()))");
  EXPECT_EQ(metric_of(outcome, "nat"), "192.0.2.3");
  EXPECT_EQ(metric_of(outcome, "mapped").substr(0, 10), "192.0.2.3:");
  EXPECT_EQ(metric_of(outcome, "flows"), "1");
}

// The home is 5 + 10 ms away, its firewall as far, and the answer comes back the same way.
TEST(Firewalls, TellTheSendersOfSynsWhatTheyAreToldTo) {
  const auto run = [](const std::string& firewall) {
    return run_body(R"(
      local internet = net:router("internet")
      local server = net:host("server", { link = { internet, one_way_delay = "10ms" }, family = "ipv6" })
      local home = net:home("home", { nat = "none", firewall = )" +
                    firewall + R"(, family = "ipv6", wan = { internet, one_way_delay = "5ms" } })
      local socket = server:tcp_connect({ home, 80 })
      metric("connected", socket:try_wait("connected", "10s"))
      metric("ending", socket.ending)
      metric("at", net:now()))");
  };
  const Outcome held = run("{ unsolicited_syn = 'hold' }");
  EXPECT_EQ(metric_of(held, "connected"), "false");
  EXPECT_EQ(metric_of(held, "ending"), "unreachable");
  EXPECT_EQ(metric_of(held, "at"), "6.03s") << "there and back, and 6 s between";
  const Outcome reset = run("{ unsolicited_syn = 'reset' }");
  EXPECT_EQ(metric_of(reset, "ending"), "refused");
  EXPECT_EQ(metric_of(reset, "at"), "30ms");
}

TEST(Firewalls, MistakesAreErrors) {
  const std::string home =
      "local internet = net:router('internet')\nnet:home('a', { nat = 'none', "
      "wan = { internet }, firewall = ";
  EXPECT_EQ(error_of(home + "'rfc6029' })"),
            "test.lua:2: net:home: firewall: no firewall preset is named 'rfc6029'; did you mean "
            "'rfc6092'?");
  EXPECT_EQ(error_of(home + "{ unsolicited_syn = 'held' } })"),
            "test.lua:2: net:home: firewall.unsolicited_syn: unknown value 'held'; did you mean "
            "'hold'?");
  EXPECT_EQ(error_of(home + "{ outbound = { { allow = 'udp', deny = 'tcp' } } } })"),
            "test.lua:2: net:home: firewall.outbound[1]: expected one of 'allow' and 'deny', with "
            "\"udp\", \"tcp\" or \"any\"");
  EXPECT_EQ(error_of(home + "{ outbound = { { deny = 'udp', port = { 9, 5 } } } } })"),
            "test.lua:2: net:home: firewall.outbound[1].port: the first port is greater than the "
            "last");
  EXPECT_EQ(
      error_of("local internet = net:router('internet')\nlocal f = net:firewall('f', { wan = { "
               "internet }, firewall = 'rfc6092' })\nf:log_in()"),
      "test.lua:3: firewall:log_in: firewall 'f' is no captive portal");
  EXPECT_EQ(error_of("net:firewall('f', { firewall = 'rfc6092' })"),
            "test.lua:1: net:firewall: missing key 'wan'");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
