// Building networks from a script, and what its errors say.
#include "script_test.h"

#include <string>

#include <gmock/gmock.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

TEST(Addresses, FollowThePlan) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local first = net:host("first", { link = { internet } })
    local fixed = net:host("fixed", { ip = "192.0.2.2", link = { internet } })
    local third = net:host("third", { link = { internet }, family = "dual" })
    local a = net:home("a", { nat = "full-cone", wan = { internet } })
    local b, c = net:home("b", { nat = "symmetric", wan = { internet }, hosts = { "x", "y" } })
    local open = net:home("open", { nat = "none", wan = { internet } })
    local carrier = net:nat("carrier", { nat = "restricted", wan = { internet } })
    local d = net:home("d", { nat = "full-cone", wan = { carrier } })
    metric("hosts", table.concat({ first.ip, fixed.ip, table.concat(third.ips, "+"), open.ip }, " "))
    metric("inside", table.concat({ a.ip, b.ip, c.ip, d.ip }, " "))
    metric("outside", table.concat({ a.nat.external_address, b.nat.external_address,
      carrier.external_address, d.nat.external_address }, " "))
    metric("names", table.concat({ a.name, a.nat.name, b.name, c.name, c.nat.name }, " ")))");
  EXPECT_EQ(metric_of(outcome, "hosts"), "192.0.2.1 192.0.2.2 192.0.2.3+2001:db8::1 192.0.2.6");
  EXPECT_EQ(metric_of(outcome, "inside"), "192.168.1.2 192.168.2.2 192.168.2.3 192.168.3.2");
  EXPECT_EQ(metric_of(outcome, "outside"), "192.0.2.4 192.0.2.5 192.0.2.7 100.64.0.2");
  EXPECT_EQ(metric_of(outcome, "names"), "a a-nat x y b-nat");
}

TEST(Addresses, OfRoutersAreThoseThatAreGiven) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local edge = net:router("edge", { link = { internet, ip = "192.0.2.1" } })
    local silent = net:router("silent", { link = { internet } })
    local host = net:host("host", { link = { internet } })
    metric("host", host.ip))");
  EXPECT_EQ(metric_of(outcome, "host"), "192.0.2.2");
  EXPECT_EQ(error_of("local r = net:router('r')\n"
                     "net:router('s', { link = { r, ip = '192.0.2.1' } })\n"
                     "net:host('h', { link = { r, ip = '192.0.2.1' } })"),
            "test.lua:3: net:host: 192.0.2.1 is the address of 's' already");
}

TEST(Addresses, GoOnToTheNextBlock) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local list = {}
    for i = 1, 763 do list[i] = net:host("h" .. i, { link = { internet } }).ip end
    metric("list", table.concat({ list[254], list[255], list[509], list[762], list[763] }, " ")))");
  EXPECT_EQ(metric_of(outcome, "list"),
            "192.0.2.254 198.51.100.1 203.0.113.1 203.0.113.254 198.18.0.1");
}

TEST(Addresses, MistakesAreErrors) {
  const std::string internet = "local internet = net:router('internet')\n";
  EXPECT_EQ(error_of(internet + "net:host('a', { ip = '8.8.8.8', link = { internet } })\n"
                                "net:host('b', { ip = '8.8.8.8', link = { internet } })"),
            "test.lua:3: net:host: 8.8.8.8 is the address of 'a' already");
  EXPECT_EQ(error_of(internet + "net:host('a', { ip = '8.8.8', link = { internet } })"),
            "test.lua:2: net:host: ip: expected an IP address such as \"203.0.113.10\", got "
            "\"8.8.8\"");
  EXPECT_EQ(error_of(internet + "net:home('a', { nat = 'symmetric', wan = { internet }, lan = { "
                                "prefix = '10.0.0.0/24' }, ip = '10.0.1.5' })"),
            "test.lua:2: net:home: 10.0.1.5 is outside 10.0.0.0/24, the network behind nat "
            "'a-nat'");
  EXPECT_EQ(error_of(internet + "net:host('a', { ip = '224.0.0.1', link = { internet } })"),
            "test.lua:2: net:host: 224.0.0.1 is not an address that a node can have");
  EXPECT_EQ(error_of("net:host('a', { ip = '8.8.8.8' })"),
            "test.lua:1: net:host: 'ip' needs a link that leads somewhere");
}

TEST(Errors, NameTheNearestKey) {
  const std::string internet = "local internet = net:router('internet')\n";
  EXPECT_EQ(error_of(internet + "net:host('a', { link = { internet, one_way_dely = '20ms' } })"),
            "test.lua:2: net:host: link: unknown key 'one_way_dely'; did you mean "
            "'one_way_delay'?");
  EXPECT_EQ(error_of(internet + "net:host('a', { link = { internet, one_way_delay = 20 } })"),
            "test.lua:2: net:host: link.one_way_delay: expected a duration such as \"20ms\", got "
            "20: it needs a unit");
  EXPECT_EQ(error_of(internet + "net:host('a', { link = { internet, one_way_delay = '20mss' } })"),
            "test.lua:2: net:host: link.one_way_delay: expected a duration such as \"20ms\", got "
            "\"20mss\": the unit 'mss' is none of ns, us, ms, s, min, h, d");
  EXPECT_EQ(
      error_of(internet + "net:host('a', { link = { internet, up = { loss = 0.5 } } })"),
      "test.lua:2: net:host: link.up.loss: expected a percentage such as \"0.5%\", got 0.5: it "
      "needs a unit");
  EXPECT_EQ(error_of(internet + "net:host('a', { link = { internet, mtu = '100B' } })"),
            "test.lua:2: net:host: link.mtu: expected a size from 576B to 65535B, got \"100B\"");
  EXPECT_EQ(error_of(internet + "net:host('a', { links = { { internet }, { internet, 5 } } })"),
            "test.lua:2: net:host: links[2]: a value without a key is not expected here (at 2)");
  EXPECT_EQ(error_of(internet + "net:home('a', { wan = { internet } })"),
            "test.lua:2: net:home: missing key 'nat'");
  EXPECT_EQ(error_of("net:host('a', 5)"), "test.lua:1: net:host: expected a table, got 5");
  EXPECT_EQ(error_of("net:host(5)"), "test.lua:1: net:host: expected a text, got 5");
}

TEST(Errors, NameTheNearestNode) {
  const std::string world =
      "local internet = net:router('internet')\nlocal alice = net:host('alice', { link = { "
      "internet } })\n";
  EXPECT_EQ(error_of(world + "net:host('b', { link = { 'intenet' } })"),
            "test.lua:3: net:host: link[1]: 'intenet' is not the name of a router or a NAT; did "
            "you mean 'internet'?");
  EXPECT_EQ(error_of(world + "net:host('b', { link = { alice } })"),
            "test.lua:3: net:host: link[1]: expected a router or a NAT, got host 'alice'");
  EXPECT_EQ(error_of(world + "net:call('alcie', alice)"),
            "test.lua:3: net:call: 'alcie' is not the name of a host; did you mean 'alice'?");
  EXPECT_EQ(error_of(world + "drop({ host = 'alcie' })"),
            "test.lua:3: drop: host: 'alcie' is not the name of a host; did you mean 'alice'?");
  EXPECT_EQ(error_of(world + "net:host('alice')"),
            "test.lua:3: net:host: a node is named 'alice' already");
}

TEST(Errors, NameTheNearestNat) {
  const std::string internet = "local internet = net:router('internet')\n";
  EXPECT_EQ(error_of(internet + "net:home('a', { nat = 'symetric', wan = { internet } })"),
            "test.lua:2: net:home: nat: no NAT preset is named 'symetric'; did you mean "
            "'symmetric'?");
  EXPECT_EQ(
      error_of(internet + "net:home('a', { nat = { mappping = 'EIM' }, wan = { internet } })"),
      "test.lua:2: net:home: nat: unknown key 'mappping'; did you mean 'mapping'?");
  EXPECT_EQ(error_of(internet + "net:home('a', { nat = { mapping = 'EIN' }, wan = { internet } })"),
            "test.lua:2: net:home: nat.mapping: unknown value 'EIN'; did you mean 'EIM'?");
  EXPECT_EQ(error_of(internet + "net:home('a', { nat = { port_range = { 5000, 4000 } }, wan = { "
                                "internet } })"),
            "test.lua:2: net:home: nat: port_range: expected the first port to be at most the "
            "last, got 5000-4000");
  EXPECT_EQ(error_of(internet + "net:nat('a', { nat = 'none', wan = { internet } })"),
            "test.lua:2: net:nat: a NAT cannot be \"none\"; net:router makes a router");
}

TEST(Errors, NameTheNearestMember) {
  const std::string world =
      "local internet = net:router('internet')\nlocal server = net:host('server', { link = { "
      "internet } })\n";
  EXPECT_EQ(error_of(world + "server:stun_sever()"),
            "test.lua:3: host 'server' has no method or field 'stun_sever'; did you mean "
            "'stun_server'?");
  EXPECT_EQ(error_of(world + "server.ipp = 5"),
            "test.lua:3: host 'server': its fields are not set by assignment");
  EXPECT_EQ(error_of(world + "server.stun_server()"),
            "test.lua:3: stun_server needs a host in front of a colon: write host:stun_server(…)");
  EXPECT_EQ(error_of("net:ruter('x')"),
            "test.lua:1: net has no method or field 'ruter'; did you mean 'router'?");
}

TEST(Errors, ShowNothingOfTheMachine) {
  const std::string error = error_of("local x = net + 1");
  EXPECT_EQ(error, "test.lua:1: attempt to perform arithmetic on a net value (local 'net')");
  EXPECT_EQ(error_of("error({})"), "test.lua:1: the script raised a value that is not a text");
  EXPECT_EQ(error_of("error('plain', 0)"), "test.lua:1: plain");
}

// Two hosts, ten bytes each way; the figures follow from rate and delay.
TEST(Links, TimesAreExact) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet, up = { rate = "80kbit" }, one_way_delay = "5ms" } })
    local b = net:host("b", { link = { internet, one_way_delay = "20ms" } })
    local echo = b:echo()
    local socket = a:udp({ port = 4000 })
    socket:send(echo, "0123456789")
    local data, from = socket:receive("1s")
    metric("data", data)
    metric("from", from)
    metric("at", net:now())
    metric("nothing", tostring(socket:receive("1s")))
    metric("later", net:now())
    local counters = a.link:counters()
    metric("sent", counters.up.sent)
    metric("received", counters.down.delivered))");
  EXPECT_EQ(metric_of(outcome, "data"), "0123456789");
  EXPECT_EQ(metric_of(outcome, "from"), "192.0.2.2:7");
  // 38 bytes at 80 kbit/s take 3.8 ms; twice 25 ms of propagation.
  EXPECT_EQ(metric_of(outcome, "at"), "53.8ms");
  EXPECT_EQ(metric_of(outcome, "nothing"), "nil");
  EXPECT_EQ(metric_of(outcome, "later"), "1.0538s");
  EXPECT_EQ(metric_of(outcome, "sent"), "1");
  EXPECT_EQ(metric_of(outcome, "received"), "1");
  EXPECT_EQ(outcome.packets, 2u);  // there and back, whatever the links between
}

TEST(Links, ChangeAtAnyTime) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet, one_way_delay = "5ms" } })
    local b = net:host("b", { link = { internet } })
    local echo = b:echo()
    local socket = a:udp()
    local function ping()
      local start = net:now()
      socket:send(echo, "x")
      return socket:receive("1s") and tostring(net:now() - start) or "lost"
    end
    local seen = { ping() }
    a.link:set({ one_way_delay = "7ms", down = { one_way_delay = "1ms" } })
    seen[2] = ping()
    a.link:set({ up = { loss = "100%" } })
    seen[3] = ping()
    a.link:set({ loss = "0%" })
    a.link:up(false)
    seen[4] = ping() .. " " .. tostring(a.link.is_up)
    a.link:up(true)
    seen[5] = ping()
    metric("seen", table.concat(seen, ", ")))");
  EXPECT_EQ(metric_of(outcome, "seen"), "10ms, 8ms, lost, lost false, 8ms");
}

TEST(Links, JoinNodesThatStandAlready) {
  const Outcome outcome = run_body(R"(
    local east, west = net:router("east"), net:router("west")
    net:link(east, "west", { one_way_delay = "30ms" })
    local a = net:host("a")
    local link = net:link(a, east, { one_way_delay = "1ms", ip = "198.51.100.9" })
    local b = net:host("b", { link = { west, one_way_delay = "2ms" } })
    local echo = b:echo({ port = 9 })
    local socket = a:udp()
    socket:send({ b, 9 }, "x")
    socket:receive("1s")
    metric("at", net:now())
    metric("links", tostring(link) .. ", " .. #a.links .. ", " .. a.ip))");
  EXPECT_EQ(metric_of(outcome, "at"), "66ms");
  EXPECT_EQ(metric_of(outcome, "links"), "link 'a' to 'east', 1, 198.51.100.9");
}

TEST(Sockets, MisuseIsAnError) {
  const auto error = [](const std::string& line) {
    return error_of(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    local socket = a:udp()
    )" + line);
  };
  EXPECT_EQ(error("socket:receive()"),
            "test.lua:5: socket:receive: needs a timeout such as \"5s\"");
  EXPECT_EQ(error("socket:send(a, 'x')"),
            "test.lua:5: socket:send: host 'a' alone has no port: write { host, 7 } or the like");
  EXPECT_EQ(error("socket:send({ a, socket.port }, 'x') sleep('1s') socket:receive()"),
            "test.lua:5: socket:receive: needs a timeout such as \"5s\"");
}

TEST(Nats, AreReadAndFlushed) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local server = net:host("server", { ip = "8.8.8.8", link = { internet, one_way_delay = "10ms" } })
    server:echo({ port = 9 })
    local home = net:home("home", {
      nat = { preset = "restricted", port_allocation = "sequential", port_range = { 6000, 6009 } },
      wan = { internet },
    })
    local socket = home:udp({ port = 5000 })
    socket:send("8.8.8.8:9", "x")
    socket:receive("1s")
    local row = home.nat:mappings()[1]
    metric("row", table.concat({ row.number, row.internal, row.external, tostring(row.remote),
      row.filter[1], row.packets_out, row.packets_in, tostring(row.refreshed) }, " "))
    metric("kind", home.nat.kind)
    home.nat:flush()
    metric("rows", #home.nat:mappings()))");
  EXPECT_EQ(metric_of(outcome, "row"), "1 192.168.1.2:5000 192.0.2.1:6000 nil 8.8.8.8 1 1 20ms");
  EXPECT_EQ(metric_of(outcome, "kind"), "EIM/ADF");
  EXPECT_EQ(metric_of(outcome, "rows"), "0");
}

TEST(Network, CountsDropsByReason) {
  constexpr std::string_view two = R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet } })
    local b = net:host("b", { link = { internet } })
    for i = 1, 3 do a:udp():send({ b, 9 }, "nobody is there") end
    sleep("1s")
  )";
  const Outcome outcome = run_body(std::string(two) + R"(
    metric("no_socket", net:drops("no_socket"))
    metric("random_loss", net:drops("random_loss")))");
  EXPECT_EQ(metric_of(outcome, "no_socket"), "3");
  EXPECT_EQ(metric_of(outcome, "random_loss"), "0");
  EXPECT_THAT(error_of("net:drops('no_soket')"),
              testing::HasSubstr("unknown value 'no_soket'; did you mean 'no_socket'?"));
  EXPECT_THAT(error_of("net:drops('none')"), testing::HasSubstr("unknown value 'none'"));
}

TEST(Programs, StunAndTurnShareAPort) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "10ms" } })
    local stun = server:stun_server()
    local turn = server:turn_server({ users = { alice = "secret" } })
    local alice = net:host("alice", { link = { internet } })
    local result = alice:stun_request(server, { port = 5000 })
    metric("result", result.mapped .. " " .. tostring(result.round_trip))
    metric("endpoints", stun.endpoint .. " " .. turn.endpoint)
    metric("silence", alice:stun_request("192.0.2.1:9999", { rto = "100ms", rc = 2 }).failure)
    metric("at", net:now()))");
  EXPECT_EQ(metric_of(outcome, "result"), "192.0.2.2:5000 20ms");
  EXPECT_EQ(metric_of(outcome, "endpoints"), "192.0.2.1:3478 192.0.2.1:3478");
  EXPECT_EQ(metric_of(outcome, "silence"), "no answer");
  // 20 ms before; then two transmissions 100 ms apart, and Rm = 16 times 100 ms of waiting.
  EXPECT_EQ(metric_of(outcome, "at"), "1.72s");
}

TEST(Programs, AProbeTellsTheNat) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local server = net:host("server", {
      ip = { "203.0.113.10", "203.0.113.11" },
      link = { internet, one_way_delay = "20ms" },
    })
    server:stun_server()
    local home = net:home("home", { nat = "port-restricted", wan = { internet } })
    local report = home:probe(server)
    metric("report", table.concat({ report.mapping, report.filtering, report.hairpin }, ", ")))");
  EXPECT_EQ(metric_of(outcome, "report"),
            "endpoint-independent, address-and-port-dependent, absent");
}

TEST(Programs, ASourceCounts) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet, one_way_delay = "3ms" } })
    local b = net:host("b", { link = { internet } })
    local source = a:udp_source({ to = b:echo(), interval = "20ms", size = "200B", count = 5 })
    sleep("1s")
    metric("counts", table.concat({ source.sent, source.answered, source.received,
      tostring(source.last_round_trip), tostring(source.last_received) }, " ")))");
  // The fifth is sent at 80 ms.
  EXPECT_EQ(metric_of(outcome, "counts"), "5 5 5 6ms 86ms");
  EXPECT_EQ(error_of("local a = net:host('a', { link = { net:router('r') } })\na:udp_source({})"),
            "test.lua:2: host:udp_source: missing key 'to'");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
