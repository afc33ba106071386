// TCP in a script's hands.
#include "script_test.h"

#include <gmock/gmock.h>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

using testing::HasSubstr;

// Hosts a and b, 10 ms from each other.
std::string with_hosts(std::string_view body) {
  return R"(
    local r = net:router("r")
    local a = net:host("a", { link = { r, one_way_delay = "5ms" } })
    local b = net:host("b", { link = { r, one_way_delay = "5ms" } })
  )" + std::string(body);
}

TEST(ScriptTcp, ConnectsSendsAndCloses) {
  const Outcome outcome = run_body(with_hosts(R"(
    local listener = b:tcp_listen(80)
    local socket = a:tcp_connect(listener, { port = 4000 })
    metric("begun", socket.state)
    socket:wait("connected", "1s")
    metric("connect_time", tostring(socket.connect_time))
    local other = listener:accept("1s")
    metric("remote", other.remote)
    socket:send("hello, ")
    socket:send("world")
    socket:close()
    local text = ""
    while true do
      local part = other:receive("1s")
      if not part then break end
      text = text .. part
    end
    metric("text", text)
    metric("half_closed", other.state)
    other:send("bye")
    other:close()
    metric("answer", socket:receive("1s"))
    other:wait("ended", "1s")
    metric("ending", other.ending)
    metric("state", socket.state)
    metric("sent", socket.bytes_sent)
    metric("received", socket.bytes_received)
    metric("rtt", tostring(socket.rtt))
    metric("none", tostring(listener:accept("1s")))
  )"));
  EXPECT_EQ(metric_of(outcome, "begun"), "SYN-SENT");
  EXPECT_EQ(metric_of(outcome, "connect_time"), "20ms");
  EXPECT_THAT(metric_of(outcome, "remote"), HasSubstr(":4000"));
  EXPECT_EQ(metric_of(outcome, "text"), "hello, world");
  EXPECT_EQ(metric_of(outcome, "half_closed"), "CLOSE-WAIT");
  EXPECT_EQ(metric_of(outcome, "answer"), "bye");
  EXPECT_EQ(metric_of(outcome, "ending"), "finished");
  EXPECT_EQ(metric_of(outcome, "state"), "TIME-WAIT");
  EXPECT_EQ(metric_of(outcome, "sent"), "12");
  EXPECT_EQ(metric_of(outcome, "received"), "3");
  EXPECT_EQ(metric_of(outcome, "none"), "nil");
}

TEST(ScriptTcp, SendsMoreThanTheBufferHolds) {
  const Outcome outcome = run_body(with_hosts(R"(
    local echo = b:tcp_echo({ port = 7, send_buffer = "3000B" })
    local socket = a:tcp_connect(echo, { send_buffer = "2000B", receive_buffer = "4000B" })
    socket:wait("connected", "1s")
    socket:send(string.rep("0123456789", 1000))
    socket:close()
    local size = 0
    while size < 10000 do size = size + #socket:receive("5s") end
    socket:wait("ended", "5s")
    metric("size", size)
    metric("echoed", echo.bytes)
    metric("ending", socket.ending)
  )"));
  EXPECT_EQ(metric_of(outcome, "size"), "10000");
  EXPECT_EQ(metric_of(outcome, "echoed"), "10000");
  EXPECT_EQ(metric_of(outcome, "ending"), "finished");
}

TEST(ScriptTcp, ASourceMeasuresItsThroughput) {
  // 44 segments of 1460 bytes fit a window of 65535 bytes, each 20 ms: 25.696 Mbit/s.
  const Outcome outcome = run_body(with_hosts(R"(
    local sink = b:tcp_discard({ port = 9, window_scale = false, delayed_ack = "0ms" })
    local source = a:tcp_source({ to = sink, bytes = "10MB" })
    source:wait("60s")
    metric("bytes", sink.bytes)
    metric("acked", source.bytes_acked)
    metric("share", math.floor(source.throughput / 25696000 * 100 + 0.5))
    metric("again", source.retransmissions)
    metric("connections", sink.connections)
  )"));
  EXPECT_EQ(metric_of(outcome, "bytes"), "10000000");
  EXPECT_EQ(metric_of(outcome, "acked"), "10000000");
  EXPECT_EQ(metric_of(outcome, "share"), "99");  // the first round trips are smaller
  EXPECT_EQ(metric_of(outcome, "again"), "0");
  EXPECT_EQ(metric_of(outcome, "connections"), "1");
}

TEST(ScriptTcp, WaitsForWhatDoesNotComeFail) {
  const Outcome refused = run_body(with_hosts(R"(
    local socket = a:tcp_connect({ b, 80 })
    socket:wait("connected", "5s")
  )"));
  EXPECT_EQ(refused.verdict, Verdict::fail);
  EXPECT_THAT(refused.failures.at(0).message,
              HasSubstr("to be connected within 5s, it is CLOSED (refused)"));
  const Outcome silent = run_body(with_hosts(R"(
    b:tcp_silent(true)
    local socket = a:tcp_connect({ b, 80 })
    expect(socket:try_wait("connected", "5s")).equals(false)
    metric("state", socket.state)
  )"));
  EXPECT_EQ(metric_of(silent, "state"), "SYN-SENT");
}

TEST(ScriptTcp, SimultaneousOpenOnSharedPorts) {
  const Outcome outcome = run_body(with_hosts(R"(
    local listener = a:tcp_listen({ port = 5000, shared = true })
    local left = a:tcp_connect({ b, 5000 }, { port = 5000, shared = true })
    local right = b:tcp_connect({ a, 5000 }, { port = 5000 })
    left:wait("connected", "1s")
    right:wait("connected", "1s")
    metric("time", tostring(right.connect_time))
    metric("waiting", listener.waiting)
  )"));
  EXPECT_EQ(metric_of(outcome, "time"), "20ms");
  EXPECT_EQ(metric_of(outcome, "waiting"), "0");
}

TEST(ScriptTcp, RefusesWhatMakesNoSense) {
  EXPECT_THAT(error_of(with_hosts("a:tcp_listen({})")), HasSubstr("missing key 'port'"));
  EXPECT_THAT(error_of(with_hosts("a:tcp_listen(0)")), HasSubstr("65535"));
  EXPECT_THAT(error_of(with_hosts("a:tcp_listen(80) a:tcp_listen(80)")),
              HasSubstr("a already uses"));
  EXPECT_THAT(error_of(with_hosts("a:tcp_connect({ b, 80 }, { delayed_ack = '1s' })")),
              HasSubstr("below \"500ms\""));
  EXPECT_THAT(error_of(with_hosts("a:tcp_connect({ b, 80 }, { min_rto = '2min' })")),
              HasSubstr("at most max_rto"));
  EXPECT_THAT(error_of(with_hosts("a:tcp_connect({ b, 80 }, { mss = '20B' })")),
              HasSubstr("a size from 28B"));
  EXPECT_THAT(error_of(with_hosts("a:tcp_connect({ b, 80 }, { nagel = true })")),
              HasSubstr("nagle"));
  EXPECT_THAT(error_of(with_hosts("a:tcp_source({ bytes = '1MB' })")),
              HasSubstr("missing key 'to'"));
  EXPECT_THAT(error_of(with_hosts(R"(
    local socket = a:tcp_connect({ b, 80 })
    socket:close()
    socket:send("x")
  )")),
              HasSubstr("has been closed"));
  EXPECT_THAT(error_of(with_hosts(R"(
    local socket = a:tcp_connect({ b, 80 })
    socket:try_wait("ended", "1s")
    socket:send("x")
  )")),
              HasSubstr("has ended: refused"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
