// Calls and lost packets from a script, and that runs repeat.
#include "script_test.h"

#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "stack/base/units.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

constexpr const char* world = R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
    server:stun_server()
    local relay = server:turn_server({ users = { alice = "secret" } })
    local alice = net:home("alice", { nat = "symmetric", wan = { internet, one_way_delay = "15ms" } })
    local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
)";

RunOptions with_seed(std::uint64_t seed) {
  RunOptions options;
  options.seed = seed;
  return options;
}

TEST(Call, ConnectsThroughTheRelay) {
  const Outcome outcome = run_body(std::string(world) + R"(
    local call = net:call(alice, bob, { ice_servers = { stun = server, turn = { server, user = "alice" } } })
    metric("before", call.state)
    metric("no pair yet", tostring(call.selected_pair))
    call:wait("connected", "10s")
    metric("state", call.state)
    metric("type", call.selected_pair.type)
    metric("roles", call.caller.role .. " " .. call.callee.role)
    expect(call.ice_time).at_most("2s")
    metric("allocations", #relay:allocations()))");
  EXPECT_EQ(metric_of(outcome, "before"), "connecting");
  EXPECT_EQ(metric_of(outcome, "no pair yet"), "nil");
  EXPECT_EQ(metric_of(outcome, "state"), "connected");
  EXPECT_EQ(metric_of(outcome, "type"), "relay");
  EXPECT_EQ(metric_of(outcome, "roles"), "controlling controlled");
  EXPECT_EQ(metric_of(outcome, "allocations"), "2");
}

TEST(Call, AWaitInVainIsAFailure) {
  const Outcome outcome = run_body(std::string(world) + R"(
    local call = net:call(alice, bob, { ice_servers = { stun = server } })
    call:wait("connected", "60s"))");
  EXPECT_EQ(outcome.verdict, Verdict::fail);
  ASSERT_EQ(outcome.failures.size(), 1u);
  // Until the end, for a check of the peer's would revive an agent whose pairs have all failed. ICE
  // gives up 39.5 s (RFC 8863) after it could begin at the earliest.
  EXPECT_EQ(outcome.simulated, seconds(60));
  const std::string& message = outcome.failures[0].message;
  EXPECT_TRUE(
      message.starts_with("expected the call 'alice' to 'bob' to be connected within 60s, "
                          "it is failed since "))
      << message;
  EXPECT_TRUE(message.ends_with("s (alice: failed, bob: failed)")) << message;
  const Duration since =
      parse_duration(message.substr(message.find("since ") + 6, 10)).value();  // 39.595000s
  EXPECT_GT(since, milliseconds(39'500));
  EXPECT_LT(since, seconds(41));
}

TEST(Call, AWaitForWhatCannotComeEndsAtOnce) {
  const std::string body = std::string(world) + R"(
    local call = net:call(alice, bob, { ice_servers = { stun = server, turn = { server, user = "alice" } } })
    call:wait("connected", "10s")
    alice.link:up(false)
    call:wait("failed", "60s")
    metric("failed", net:now())
    metric("again", call:try_wait("connected", "60s"))
    metric("told", net:now()))";
  const Outcome tried = run_body(body);
  EXPECT_EQ(metric_of(tried, "again"), "false");
  EXPECT_EQ(metric_of(tried, "told"), metric_of(tried, "failed"));
  const Outcome waited = run_body(body + "\ncall:wait('connected', '60s')");
  EXPECT_EQ(waited.simulated, tried.simulated);
  ASSERT_EQ(waited.failures.size(), 1u);
  EXPECT_TRUE(waited.failures[0].message.ends_with(" and stays so")) << waited.failures[0].message;
  const Outcome closed = run_body(body + R"(
    call:close()
    metric("closed", call:try_wait("closed", "60s"))
    metric("open", call:try_wait("failed", "60s")))");
  EXPECT_EQ(metric_of(closed, "closed"), "true");
  EXPECT_EQ(metric_of(closed, "open"), "false");
  EXPECT_EQ(closed.simulated, tried.simulated);
}

TEST(Call, TryWaitOnlyTells) {
  const Outcome outcome = run_body(std::string(world) + R"(
    local call = net:call(alice, bob, { ice_servers = { stun = server } })
    metric("connected", call:try_wait("connected", "1s"))
    metric("failed", call:try_wait("failed", "60s")))");
  EXPECT_EQ(metric_of(outcome, "connected"), "false");
  EXPECT_EQ(metric_of(outcome, "failed"), "true");
}

TEST(Call, MistakesAreErrors) {
  const auto error = [](const std::string& body) { return error_of(world + body); };
  EXPECT_EQ(error("net:call(alice, bob, { ice_severs = {} })"),
            "test.lua:8: net:call: unknown key 'ice_severs'; did you mean 'ice_servers'?");
  EXPECT_EQ(error("net:call(alice, bob, { trickle = 'ful' })"),
            "test.lua:8: net:call: trickle: unknown value 'ful'; did you mean 'full'?");
  EXPECT_EQ(error("net:call(alice, bob, { ice_servers = { turn = { server, user = 'alcie' } } })"),
            "test.lua:8: net:call: ice_servers.turn: the TURN server of host 'server' knows "
            "no user 'alcie'; did you mean 'alice'?");
  EXPECT_EQ(error("net:call(alice, bob, { ice_servers = { stun = alice } })"),
            "test.lua:8: net:call: ice_servers.stun: host 'alice' runs no STUN server: call "
            "host:stun_server() before");
  EXPECT_EQ(error("net:call(alice, bob, { signalling = { loss = '100%' } })"),
            "test.lua:8: net:call: signalling.loss: expected less than 100%, or nothing would ever "
            "arrive, got \"100%\"");
  EXPECT_EQ(error("net:call(alice, alice)"),
            "test.lua:8: net:call: host 'alice' cannot call itself");
  EXPECT_EQ(error("net:call(alice, bob):wait('conected', '1s')"),
            "test.lua:8: call:wait: unknown value 'conected'; did you mean 'connected'?");
  EXPECT_EQ(error("net:call(alice, bob):wait('connected')"),
            "test.lua:8: call:wait: needs a timeout such as \"5s\"");
}

TEST(Drop, LosesTheNthThatMatches) {
  // Datagrams 1 to 6; what is lost follows from the rule.
  const auto heard = [](const std::string& rule, const std::string& more = "") {
    return metric_of(run_body(R"(
      local internet = net:router("internet")
      local a = net:host("a", { link = { internet } })
      local b = net:host("b", { link = { internet } })
      local socket = b:udp({ port = 9 })
      local out = a:udp()
      local rule = drop({ host = b, direction = "in", protocol = "data", )" +
                              rule + R"( })
      local heard = ""
      for i = 1, 6 do
        out:send(socket, tostring(i))
        heard = heard .. (socket:receive("1s") or "-")
        )" + more + R"(
      end
      metric("heard", heard .. " " .. rule.count .. " of " .. rule.matched))"),
                     "heard");
  };
  EXPECT_EQ(heard("n = 2"), "1-3456 1 of 6");
  EXPECT_EQ(heard("every = 3"), "12-45- 2 of 6");
  EXPECT_EQ(heard("from = 2, to = 3"), "1--456 2 of 6");
  EXPECT_EQ(heard("from = 3"), "12---- 4 of 6");
  EXPECT_EQ(heard("from = 2, every = 2"), "12-4-6 2 of 6");
  EXPECT_EQ(heard("probability = '0%'"), "123456 0 of 6");
  EXPECT_EQ(heard("", "if i == 2 then rule:stop() end"), "--3456 2 of 2");
  EXPECT_EQ(error_of("local a = net:host('a', { link = { net:router('r') } })\n"
                     "drop({ host = a, n = 1, to = 5 })"),
            "test.lua:2: drop: 'n' says all that 'from' and 'to' say: give one or the other");
  EXPECT_EQ(error_of("drop({ protocol = 'udp' })"), "test.lua:1: drop: missing key 'host'");
}

TEST(Drop, TellsStunApart) {
  const Outcome outcome = run_body(std::string(world) + R"(
    local function rule(more)
      local options = { host = alice, probability = "0%" }
      for k, v in pairs(more) do options[k] = v end
      return drop(options)
    end
    local rules = {
      rule({ protocol = "stun" }),
      rule({ method = "binding", class = "request", direction = "out" }),
      rule({ method = "binding", class = "success", direction = "in" }),
      rule({ protocol = "turn" }), rule({ protocol = "data" }), rule({ protocol = "icmp" }),
      rule({}),
    }
    alice:stun_request(server)
    local counts = {}
    for i, r in ipairs(rules) do counts[i] = r.matched end
    metric("counts", table.concat(counts, " ")))");
  EXPECT_EQ(metric_of(outcome, "counts"), "2 1 1 0 0 0 2");
}

TEST(Runs, RepeatToTheBit) {
  const std::string body = std::string(world) + R"(
    local call = net:call(alice, bob, { ice_servers = { stun = server, turn = { server, user = "alice" } } })
    alice.link:set({ loss = "5%", jitter = "3ms" })
    call:wait("connected", "60s")
    for key in pairs({ one = 1, two = 2, three = 3, four = 4 }) do log(key, math.random()) end
    metric("ice_time", call.ice_time))";
  const Outcome first = run_body(body, with_seed(7));
  ASSERT_EQ(first.verdict, Verdict::pass) << first.error;
  const Outcome second = run_body(body, with_seed(7));
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(metric_of(first, "ice_time"), metric_of(second, "ice_time"));
  EXPECT_NE(first.digest, run_body(body, with_seed(8)).digest);
}

TEST(Runs, ListenersChangeNothing) {
  const std::string body =
      std::string(world) + "net:call(alice, bob, { ice_servers = { stun = server } }) sleep('5s')";
  class Counter : public core::EventListener {
   public:
    void on_packet(const core::PacketEvent& /*event*/) override { ++packets; }
    int packets = 0;
  };
  Counter counter;
  RunOptions options;
  options.listeners = {&counter};
  bool started = false;
  bool ended = false;
  options.at_start = [&](net::Network& network) { started = network.nodes().empty(); };
  options.at_end = [&](net::Network& network, const Outcome& outcome) {
    ended = network.find("alice-nat") != nullptr && outcome.simulated == seconds(5);
  };
  EXPECT_EQ(run_body(body, options).digest, run_body(body).digest);
  EXPECT_GT(counter.packets, 0);
  EXPECT_TRUE(started);
  EXPECT_TRUE(ended);
}

TEST(Runs, TwoWorldsOnTwoThreads) {
  const auto file = load_text("test.lua", "scenario('s', function(net) " + std::string(world) + R"(
    local call = net:call(alice, bob, { ice_servers = { stun = server, turn = { server, user = "alice" } } })
    call:wait("connected", "10s")
    sleep("60s")
  end))");
  ASSERT_TRUE(file.ok()) << file.error();
  const Outcome alone_3 = run_scenario(file.value(), 0, with_seed(3));
  const Outcome alone_4 = run_scenario(file.value(), 0, with_seed(4));
  Outcome beside_3;
  Outcome beside_4;
  std::thread other([&] { beside_3 = run_scenario(file.value(), 0, with_seed(3)); });
  beside_4 = run_scenario(file.value(), 0, with_seed(4));
  other.join();
  EXPECT_EQ(alone_3.digest, beside_3.digest);
  EXPECT_EQ(alone_4.digest, beside_4.digest);
  EXPECT_NE(alone_3.digest, alone_4.digest);
}

TEST(Calls, AMappedPortIsACandidate) {
  const std::string hosts = R"(
    local internet = net:router("internet")
    local a = net:home("a", { nat = "symmetric", wan = { internet } })
    local b = net:host("b", { link = { internet } })
)";
  const Outcome outcome = run_body(hosts + R"(
    local call = net:call(a, b, { caller = { port = 5000, mapped = { "192.0.2.1:7000" } } })
    sleep("1s")
    local seen = {}
    for _, candidate in ipairs(call.caller.candidates) do
      seen[#seen + 1] = candidate.type .. " " .. candidate.address
    end
    metric("seen", table.concat(seen, ", ")))");
  EXPECT_EQ(metric_of(outcome, "seen").substr(0, 51),
            "host 192.168.1.2:5000, srflx 192.0.2.1:7000, prflx ");
  EXPECT_EQ(error_of(hosts + "net:call(a, b, { mapped = '192.0.2.1:7000' })"),
            "test.lua:5: net:call: 'mapped' needs 'port', the port that is mapped");
  EXPECT_EQ(error_of(hosts + "net:call(a, b, { port = 1, mapped = { '192.0.2.1' } })"),
            "test.lua:5: net:call: mapped[1]: expected an endpoint such as \"192.0.2.1:7000\", got "
            "\"192.0.2.1\"");
}

constexpr const char* roaming = R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "20ms" } })
    server:stun_server()
    local alice = net:home("alice", { nat = "port-restricted", wan = { internet, one_way_delay = "15ms" } })
    local bob = net:home("bob", { nat = "port-restricted", wan = { internet, one_way_delay = "30ms" } })
    local call = net:call(alice, bob, { ice_servers = { stun = server } })
    call:wait("connected", "10s")
    sleep("3s")
    local nic = alice.interfaces[1]
)";

TEST(Call, Ice65_ARestartFindsTheNewAddress) {
  const Outcome outcome = run_body(std::string(roaming) + R"(
    nic:set_address("192.168.1.77")
    metric("sent", tostring(call:send("lost: the socket's address is gone")))
    call:restart_ice()
    call:wait_for_restart("2s")
    metric("base", call.selected_pair.base)
    call:send("heard")
    sleep("100ms")
    metric("heard", call.callee.datagrams_received))");
  EXPECT_EQ(outcome.verdict, Verdict::pass);
  EXPECT_TRUE(metric_of(outcome, "base").starts_with("192.168.1.77:"));
  EXPECT_EQ(metric_of(outcome, "heard"), "1");
}

TEST(Call, Ice65_ARestartWithoutANetworkWaitsForTheNext) {
  const Outcome outcome = run_body(std::string(roaming) + R"(
    nic:up(false)
    call:restart_ice()  -- there is no address to gather from
    sleep("2s")
    metric("candidates", #call.caller.candidates)
    nic:up(true)
    call:restart_ice()
    call:wait_for_restart("2s")
    call:send("heard")
    sleep("100ms")
    metric("heard", call.callee.datagrams_received))");
  EXPECT_EQ(outcome.verdict, Verdict::pass);
  EXPECT_EQ(metric_of(outcome, "candidates"), "0");
  EXPECT_EQ(metric_of(outcome, "heard"), "1");
}

TEST(Call, Ice64_NamesAreToldOnlyWhereHostCandidatesAre) {
  const auto error_of = [](const std::string& options) {
    return run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    local b = net:host("b", { link = { internet } })
    net:call(a, b, { )" +
                    options + " })")
        .error;
  };
  EXPECT_EQ(error_of("mdns = true"), "");
  EXPECT_EQ(error_of("mdns = 'query', policy = 'relay'"), "");
  EXPECT_THAT(error_of("mdns = true, policy = 'relay'"), testing::HasSubstr("'mdns' tells host"));
  EXPECT_THAT(error_of("mdns = true, hide_host_candidates = true"),
              testing::HasSubstr("'mdns' tells host"));
  EXPECT_THAT(error_of("mdns = 'yes'"), testing::HasSubstr("query"));
}

TEST(Call, Ice54_ARestartWantsAPeerThatHasBegun) {
  const Outcome closed = run_body(std::string(roaming) + "call:close() call:restart_ice()");
  ASSERT_EQ(closed.verdict, Verdict::error);
  EXPECT_TRUE(closed.error.ends_with("restart_ice: peer 'alice' has closed")) << closed.error;
}

TEST(Call, Ice54_AWaitForARestartInVainIsAFailure) {
  const Outcome outcome = run_body(std::string(roaming) + R"(
    alice.interfaces[1]:up(false)
    call:restart_ice()
    call:wait_for_restart("1s"))");
  EXPECT_EQ(outcome.verdict, Verdict::fail);
}

TEST(Call, Ice33_DescriptionsSayLiteOverASignallingServerToo) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local function host(name) return net:host(name, { link = { internet, one_way_delay = "20ms" } }) end
    local server, alice, sfu = host("server"), host("alice"), host("sfu")
    server:signalling_server()
    local call = net:call(sfu, alice, { signalling = server, caller = { lite = true } })
    call:wait("connected", "5s")
    metric("roles", call.caller.role .. " " .. call.callee.role))");
  EXPECT_EQ(outcome.verdict, Verdict::pass);
  EXPECT_EQ(metric_of(outcome, "roles"), "controlled controlling");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
