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
