// TURN servers that scripts reach over TCP.
#include "script_test.h"

#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// Alice gets nothing out but TCP, and the server is `turn`.
std::string world(const std::string& turn) {
  return R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
    local relay = server:turn_server({ users = { alice = "secret" })" +
         turn + R"( })
    local alice = net:home("alice", { nat = "port-restricted", firewall = "udp-blocked",
      wan = { internet, one_way_delay = "15ms" } })
    local bob = net:home("bob", { nat = "full-cone", wan = { internet, one_way_delay = "30ms" } })
    local function call(transport)
      return net:call(alice, bob, { ice_servers = { turn = { server, user = "alice", transport = transport } } })
    end
)";
}

TEST(TurnTransport, Tc10_TcpIsServedOnThePortOfUdp) {
  const Outcome outcome = run_body(world("") + R"(
    local call = call({ "udp", "tcp" })
    call:wait("connected", "10s")
    metric("type", call.selected_pair.type)
    -- Alice's UDP does not get there.
    metric("allocations", #relay:allocations()))");
  EXPECT_EQ(metric_of(outcome, "type"), "relay");
  EXPECT_EQ(metric_of(outcome, "allocations"), "3");
}

TEST(TurnTransport, Ts19_NothingIsLeftOfACallThatIsClosed) {
  const Outcome outcome = run_body(world("") + R"(
    local call = call("tcp")
    call:wait("connected", "10s")
    sleep("10s")
    metric("before", #relay:allocations())
    call:close()
    sleep("1s")
    metric("after", #relay:allocations()))");
  // The pair goes through both: there is no STUN server that tells Bob his address.
  EXPECT_EQ(metric_of(outcome, "before"), "2");
  EXPECT_EQ(metric_of(outcome, "after"), "0");
}

TEST(TurnTransport, Tc10_ALostConnectionIsALostCandidate) {
  const Outcome outcome = run_body(world("") + R"(
    local call = call("tcp")
    call:wait("connected", "10s")
    sleep("10s")
    alice.nat:reboot()
    call:wait("failed", "60s"))");
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.failures.at(0).message;
}

TEST(TurnTransport, Ts05_FamiliesAreWords) {
  const std::string error = error_of(world("") + R"(
    net:call(alice, bob, { ice_servers = { turn = { server, user = "alice", families = "all" } } }))");
  EXPECT_NE(error.find("families"), error.npos) << error;
}

TEST(TurnTransport, Tc11_OverTlsTheServerHasToBeWhoItSays) {
  const auto state_with = [&](const std::string& turn) {
    return metric_of(run_body(world(turn) + R"(
    local call = call("tls")
    sleep("5s")
    metric("state", call.state))"),
                     "state");
  };
  EXPECT_EQ(state_with(", tls = true"), "connected");
  EXPECT_EQ(state_with(", tls = { names = { 'server' } }"), "connected");
  EXPECT_EQ(state_with(", tls = { names = { 'proxy.example' } }"), "connecting");
  EXPECT_EQ(state_with(", tls = { trusted = false }"), "connecting");
  EXPECT_EQ(state_with(", tls = { alpn = { 'h2' } }"), "connecting");
}

TEST(TurnTransport, TlsOptionsWithoutTlsAreErrors) {
  const std::string error = error_of(world(", tls_port = 443"));
  EXPECT_NE(error.find("has no effect without 'tls'"), error.npos) << error;
}

TEST(TurnTransport, WhatIsNotServedIsAnError) {
  const std::string error = error_of(world(", tcp_port = false") + "call('tcp')");
  EXPECT_NE(
      error.find(
          "the TURN server of host 'server' is not served over tcp: see its option 'tcp_port'"),
      error.npos)
      << error;
}

TEST(TurnTransport, UnknownTransportsAreErrors) {
  for (const std::string transport : {"'sctp'", "{}", "{ 'udp', 'quic' }", "true"}) {
    const std::string error = error_of(world("") + "call(" + transport + ")");
    EXPECT_NE(error.find("transport"), error.npos) << error;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
