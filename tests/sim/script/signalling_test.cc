// Signalling servers and their clients in a script's hands.
#include "script_test.h"

#include <gmock/gmock.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

using testing::HasSubstr;

// A server, and hosts a and b, each 10 ms from everybody.
std::string with_server(std::string_view body) {
  return R"(
    local r = net:router("r")
    local function host(name) return net:host(name, { link = { r, one_way_delay = "5ms" } }) end
    local server, a, b = host("server"), host("a"), host("b")
    local rooms = server:signalling_server({ port = 80 })
  )" + std::string(body);
}

TEST(ScriptSignalling, EntersAndIsHeard) {
  const Outcome outcome = run_body(with_server(R"(
    metric("endpoint", rooms.endpoint == server.ip .. ":80")
    local alice = a:signalling_client(server, { room = "lobby", name = "alice" })
    metric("begun", alice.state)
    alice:wait("entered", "1s")
    metric("entered", tostring(net:now()))
    local bob = b:signalling_client(rooms, { room = "lobby" })
    bob:wait("entered", "1s")
    metric("members", table.concat(bob.members, ","))
    local from = net:now()
    bob:send("offer", "v=0\r\n")
    local message = alice:receive("1s")
    metric("took", tostring(net:now() - from))
    metric("message", message.type .. " " .. message.from .. " " .. #message.payload)
    metric("unacknowledged", bob.unacknowledged)
    metric("none", tostring(alice:receive("1s")))
    metric("relayed", rooms.relayed)
    local row = rooms:rooms()[1]
    metric("room", row.name .. " " .. row.members[2].name .. " " .. tostring(row.members[2].present))
    bob:leave()
    sleep("100ms")
    metric("left", bob.state .. " " .. #alice.members .. " " .. rooms.connections)
    metric("try", tostring(bob:try_wait("entered", "1s")))
  )"));
  EXPECT_EQ(metric_of(outcome, "endpoint"), "true");
  EXPECT_EQ(metric_of(outcome, "begun"), "connecting");
  // SYN and SYN-ACK, request and answer, join and joined: 10 ms each.
  EXPECT_EQ(metric_of(outcome, "entered"), "60ms");
  EXPECT_EQ(metric_of(outcome, "members"), "alice");
  EXPECT_EQ(metric_of(outcome, "took"), "20ms");
  EXPECT_EQ(metric_of(outcome, "message"), "offer b 5");
  EXPECT_EQ(metric_of(outcome, "unacknowledged"), "0");
  EXPECT_EQ(metric_of(outcome, "none"), "nil");
  EXPECT_EQ(metric_of(outcome, "relayed"), "1");
  EXPECT_EQ(metric_of(outcome, "room"), "lobby b true");
  EXPECT_EQ(metric_of(outcome, "left"), "left 0 1");
  EXPECT_EQ(metric_of(outcome, "try"), "false");
}

TEST(ScriptSignalling, AWaitThatIsNotOverInTimeFails) {
  const Outcome outcome = run_body(with_server(R"(
    local client = a:signalling_client({ server, 81 }, { room = "lobby" })
    client:wait("entered", "2s")
  )"));
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_THAT(outcome.failures.front().message,
              HasSubstr("expected the member 'a' of room 'lobby' to be entered within 2s, it is "));
}

TEST(ScriptSignalling, CarriesACall) {
  const Outcome outcome = run_body(with_server(R"(
    local call = net:call(a, b, { signalling = server })
    call:wait("connected", "5s")
    metric("ice_time", tostring(call.ice_time))
    metric("room", rooms:rooms()[1].name)
    local second = net:call(a, b, { signalling = { server = rooms } })
    second:wait("connected", "5s")
    metric("rooms", #rooms:rooms())
    call:close()
    second:close()
    sleep("1s")
    metric("after", #rooms:rooms())
  )"));
  // Both enter at 60 ms; the offer and the answer take 20 ms each. At 100 ms the caller checks, a
  // Ta of 50 ms later it nominates, and that takes a round trip of 20 ms.
  EXPECT_EQ(metric_of(outcome, "ice_time"), "170ms");
  EXPECT_EQ(metric_of(outcome, "room"), "a calls b");
  EXPECT_EQ(metric_of(outcome, "rooms"), "2");
  EXPECT_EQ(metric_of(outcome, "after"), "0");
}

// A server with TLS, and what is said of it.
std::string with_tls_server(std::string_view tls, std::string_view body) {
  return R"(
    local r = net:router("r")
    local function host(name) return net:host(name, { link = { r, one_way_delay = "5ms" } }) end
    local server, a, b = host("server"), host("a"), host("b")
    local rooms = server:signalling_server({ tls = )" +
         std::string(tls) + " })\n" + std::string(body);
}

TEST(ScriptSignalling, GoesOverTlsWhereTheServerDoes) {
  const Outcome outcome = run_body(with_tls_server("true", R"(
    metric("endpoint", rooms.endpoint == server.ip .. ":443")
    local alice = a:signalling_client(server, { room = "lobby" })
    alice:wait("entered", "1s")
    metric("entered", tostring(net:now()))
    metric("loss", tostring(alice.last_loss))
    local bob = b:signalling_client(rooms, { room = "lobby", tls = { newest_version = "1.2" } })
    bob:wait("entered", "1s")
    bob:send("offer", "hello")
    metric("payload", alice:receive("1s").payload)
    local by_address = b:signalling_client({ server, 443 }, { room = "cellar", tls = true })
    by_address:wait("entered", "1s")
    local call = net:call(a, b, { signalling = server })
    call:wait("connected", "5s")
  )"));
  EXPECT_EQ(metric_of(outcome, "endpoint"), "true");
  // As without TLS, and 20 ms for its handshake.
  EXPECT_EQ(metric_of(outcome, "entered"), "80ms");
  EXPECT_EQ(metric_of(outcome, "loss"), "nil");
  EXPECT_EQ(metric_of(outcome, "payload"), "hello");
}

std::string loss_of(std::string_view server_tls, std::string_view client_tls) {
  return metric_of(run_body(with_tls_server(server_tls, R"(
    local client = a:signalling_client({ server, rooms.endpoint:match("%d+$") + 0 },
      { room = "lobby", tls = )" + std::string(client_tls) + R"( })
    client:try_wait("entered", "2s")
    metric("loss", tostring(client.last_loss))
  )")),
                   "loss");
}

TEST(ScriptSignalling, TlsThatFailsSaysWhy) {
  EXPECT_EQ(loss_of("true", "true"), "nil");
  EXPECT_EQ(loss_of("{ trusted = false }", "true"), "the certificate is not trusted");
  EXPECT_EQ(loss_of("{ trusted = false }", "{ verify = false }"), "nil");
  EXPECT_EQ(loss_of("true", "{ name = 'other.example' }"),
            "the certificate is not for 'other.example'");
  EXPECT_EQ(loss_of("{ names = { '*.example' , 'rooms.example.org' } }",
                    "{ name = 'rooms.example.org' }"),
            "nil");
  EXPECT_EQ(loss_of("{ alpn = { 'a' } }", "{ alpn = { 'b' } }"),
            "the peer sent the alert 'no application protocol'");
  EXPECT_EQ(loss_of("{ oldest_version = '1.3' }", "{ newest_version = '1.2' }"),
            "the peer sent the alert 'protocol version'");
  EXPECT_EQ(loss_of("false", "true"), "wrong version number");
}

TEST(ScriptSignalling, AWaitNamesWhatTlsSaid) {
  const Outcome outcome = run_body(with_tls_server("{ trusted = false }", R"(
    a:signalling_client(server, { room = "lobby" }):wait("entered", "2s")
  )"));
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_THAT(outcome.failures.front().message,
              HasSubstr("; it last had no connection: the certificate is not trusted"));
}

TEST(ScriptSignalling, WrongUseOfTlsIsAnError) {
  EXPECT_THAT(error_of(with_tls_server("'yes'", "")), HasSubstr("tls: expected"));
  EXPECT_THAT(error_of(with_tls_server("{ names = {} }", "")),
              HasSubstr("names: expected at least one name"));
  EXPECT_THAT(error_of(with_tls_server("{ names = { 'a b' } }", "")),
              HasSubstr("expected a host's name such as"));
  EXPECT_THAT(error_of(with_tls_server("{ alpn = { '' } }", "")),
              HasSubstr("expected a text of 1 to 255 bytes"));
  EXPECT_THAT(error_of(with_tls_server("{ newest_version = '1.1' }", "")), HasSubstr("1.2"));
  EXPECT_THAT(error_of(with_tls_server("{ oldest_version = '1.3', newest_version = '1.2' }", "")),
              HasSubstr("tls: oldest_version is at most newest_version"));
  EXPECT_THAT(error_of(with_tls_server(
                  "true", "a:signalling_client(server, { room = 'x', tls = { trusted = true } })")),
              HasSubstr("unknown key 'trusted'"));
}

TEST(ScriptSignalling, WrongUseIsAnError) {
  EXPECT_THAT(error_of(with_server("net:call(a, b, { signalling = a })")),
              HasSubstr("signalling: host 'a' runs no signalling server"));
  EXPECT_THAT(error_of(with_server("net:call(a, b, { signalling = { server = server, "
                                   "one_way_delay = '1s' } })")),
              HasSubstr("signalling: unknown key 'one_way_delay'"));
  EXPECT_THAT(error_of(with_server("net:call(a, b, { signalling = { ping_interval = '1s' } })")),
              HasSubstr("signalling: unknown key 'ping_interval'"));
  EXPECT_THAT(error_of(with_server("server:signalling_server()")),
              HasSubstr("host 'server' runs a signalling server already"));
  EXPECT_THAT(error_of(with_server("a:signalling_server({ path = 'rooms' })")),
              HasSubstr("path: expected a path such as \"/rooms\", got \"rooms\""));
  EXPECT_THAT(error_of(with_server("a:signalling_client(server)")),
              HasSubstr("expected a table with a room"));
  EXPECT_THAT(error_of(with_server("a:signalling_client(server, { name = 'x' })")),
              HasSubstr("missing key 'room'"));
  EXPECT_THAT(error_of(with_server("a:signalling_client(server, { room = '\\xff' })")),
              HasSubstr("room: expected a text of 1 to 64 bytes in UTF-8"));
  EXPECT_THAT(error_of(with_server("a:signalling_client(server, { room = 'x', "
                                   "reconnect_min = '1min' })")),
              HasSubstr("reconnect_min (60s) is at most reconnect_max (30s)"));
  EXPECT_THAT(error_of(with_server("a:signalling_client(server, { room = 'x' })"
                                   ":send('offer', '\\xff')")),
              HasSubstr("client:send: a text is not UTF-8"));
  EXPECT_THAT(error_of(with_server("a:signalling_client(server, { room = 'x' }):send('ofer', '')")),
              HasSubstr("offer"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
