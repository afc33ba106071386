// host:ping(), and what answers it.
#include "script_test.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

void expect_pass(std::string_view body) {
  const Outcome outcome = run_body(body);
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error;
  for (const auto& failure : outcome.failures) ADD_FAILURE() << failure.message;
}

TEST(Ping, TellsTheRoundTripAndTheReplysHopLimit) {
  expect_pass(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet, one_way_delay = "10ms" } })
    local b = net:host("b", { link = { internet, one_way_delay = "15ms" } })
    local reply = a:ping(b)
    expect(reply.failure).equals(nil)
    expect(reply.round_trip).equals("50ms")
    expect(reply.from).equals(b.ip)
    expect(reply.hop_limit).equals(63)
    expect(a:ping(b.ip, { size = 1000 }).round_trip).equals("50ms")
    expect(a:ping(a).round_trip).equals("0s")
  )");
}

TEST(Ping, IsAnsweredOverIpv6) {
  expect_pass(R"(
    local internet = net:router("internet")
    local a = net:host("a", { family = "ipv6", link = { internet, one_way_delay = "10ms" } })
    local b = net:host("b", { family = "ipv6", link = { internet, one_way_delay = "15ms" } })
    expect(a:ping(b).round_trip).equals("50ms")
  )");
}

// Two inside hosts whose requests have the same identifier, through one NAT.
TEST(Ping, GoesThroughNatsAndBack) {
  expect_pass(R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
    local nat = net:nat("cgn", { nat = "symmetric", wan = { internet, one_way_delay = "10ms" } })
    local a = net:host("a", { link = { nat, one_way_delay = "1ms" } })
    local b = net:host("b", { link = { nat, one_way_delay = "2ms" } })
    expect(a:ping(server).round_trip).equals("62ms")
    expect(b:ping(server).round_trip).equals("64ms")
    expect(#nat:mappings()).equals(2)
    expect(nat:mappings()[1].external).never.equals(nat:mappings()[2].external)
  )");
}

TEST(Ping, FailsByTimeoutOrByWhatAnErrorSays) {
  expect_pass(R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
    local home = net:home("home", {
      nat = { preset = "port-restricted", max_mappings = 1 },
      wan = { internet, one_way_delay = "10ms" },
    })
    server:sleep()
    local lost = home:ping(server, { timeout = "3s" })
    expect(lost.failure).equals("timeout")
    expect(lost.from).equals(nil)
    expect(lost.round_trip).equals(nil)
    expect(net:now()).equals("3s")
    local refused = home:ping(server)
    expect(refused.failure).equals("administratively prohibited")
    expect(refused.from).equals("192.168.1.1")
  )");
}

TEST(Ping, RefusesWhatItCannotMean) {
  const std::string world = R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
  )";
  EXPECT_NE(error_of(world + "a:ping('fe80::1')").find("has no address to reach"),
            std::string::npos);
  EXPECT_NE(error_of(world + "a:ping('nowhere')").find("nowhere"), std::string::npos);
  EXPECT_NE(error_of(world + "a:ping(a, { hop_limit = 0 })").find("hop_limit"), std::string::npos);
  EXPECT_NE(error_of(world + "a:ping(a, { sise = 1 })").find("size"), std::string::npos);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
