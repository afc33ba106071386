// Real hosts and programs in a world, played from recordings that are made by hand.
#include <string>

#include "sim/live/gateway.h"
#include "sim/live/playback.h"
#include "tests/sim/script/script_test.h"

namespace natsim::live {
namespace NATSIM_TEST_FILE {

using script::metric_of;
using script::Outcome;
using script::Verdict;

constexpr std::string_view world = R"(
    local internet = net:router("internet")
    local a = net:host("a", { ip = "192.0.2.1", link = { internet, one_way_delay = "10ms" } })
    local b = net:host("b", { ip = "192.0.2.2", link = { internet } })
)";

// A UDP datagram from 192.0.2.1:1000 to 192.0.2.2:7 that says "hi", without a UDP checksum. The
// header's words add up to 4500 + 001e + 4000 + 4011 + c000 + 0201 + c000 + 0202 = 24932 - 000a +
// 000b = 24932 → 4934, whose complement is b6cb.
const Bytes datagram = {0x45, 0,    0,   0x1e, 0, 0,  0x40, 0, 0x40, 0x11,
                        0xb6, 0xcb, 192, 0,    2, 1,  192,  0, 2,    2,
                        0x03, 0xe8, 0,   7,    0, 10, 0,    0, 'h',  'i'};

Time at_ms(std::int64_t ms) { return Time{} + milliseconds(ms); }

Outcome play(Recording recording, std::string_view body) {
  Playback playback(recording);
  Gateway gateway(playback);
  script::RunOptions options;
  options.outside = &gateway;
  return script::run_body(std::string(world) + std::string(body), options);
}

TEST(Replay, ADatagramComesInAtItsInstant) {
  const Outcome outcome = play(
      {.arrivals = {{at_ms(100), DatagramArrived{0, datagram}}}, .end = RecordedEnd{at_ms(110), 0}},
      R"(
    a:attach()
    local socket = b:udp{ port = 7 }
    local text, from = socket:receive("1s")
    metric("text", text)
    metric("from", from)
    metric("at", net:now()))");
  EXPECT_EQ(metric_of(outcome, "text"), "hi");
  EXPECT_EQ(metric_of(outcome, "from"), "192.0.2.1:1000");
  EXPECT_EQ(metric_of(outcome, "at"), "110ms");
}

TEST(Replay, AProgramIsHeard) {
  const Recording recording = {
      .arrivals = {
          {at_ms(5), LineArrived{0, "a log line"}},
          {at_ms(10), LineArrived{0, R"({"type":"x","list":[1,2.5,"ä"]})"}},
          {at_ms(20), LineArrived{0, R"({"type":"y","n":null})"}},
          {at_ms(25), LineArrived{0, R"({"type":"x","again":true})"}},
          {at_ms(30), EndArrived{0, {false, 3}}},
      }};
  const Outcome outcome = play(recording, R"(
    local program = a:spawn{ "program", "word", env = { X = "1" } }
    local heard = 0
    program:on("message", function() heard = heard + 1 end)
    local y = program:wait("y", "1s")
    metric("y at", net:now())
    metric("n", y.n == nil)
    local x = program:receive("1s")
    metric("list", x.list[1] .. " " .. x.list[2] .. " " .. x.list[3])
    metric("again", program:wait({ type = "x", again = true }, "1s").again)
    metric("status", program:wait_for_exit("1s"))
    metric("ended at", net:now())
    metric("nothing", program:receive("1s") == nil)
    metric("running", program.running)
    metric("heard", heard))");
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error;
  EXPECT_EQ(metric_of(outcome, "y at"), "20ms");
  EXPECT_EQ(metric_of(outcome, "n"), "true");
  EXPECT_EQ(metric_of(outcome, "list"), "1 2.5 \xC3\xA4");
  EXPECT_EQ(metric_of(outcome, "again"), "true");
  EXPECT_EQ(metric_of(outcome, "status"), "3");
  EXPECT_EQ(metric_of(outcome, "ended at"), "30ms");
  EXPECT_EQ(metric_of(outcome, "nothing"), "true");
  EXPECT_EQ(metric_of(outcome, "running"), "false");
  EXPECT_EQ(metric_of(outcome, "heard"), "3");
}

TEST(Replay, AWaitInVainSaysWhatCame) {
  const Recording recording = {.arrivals = {{at_ms(10), LineArrived{0, R"({"type":"other"})"}},
                                            {at_ms(20), EndArrived{0, {true, 9}}}}};
  const Outcome outcome = play(recording, R"(
    a:spawn{ "program", name = "p" }:wait("ready", "1s"))");
  ASSERT_EQ(outcome.verdict, Verdict::fail) << outcome.error;
  EXPECT_EQ(outcome.failures[0].message,
            "expected a message with {\"type\":\"ready\"} within 1s from the program 'p'; it has "
            "ended by signal 9");
}

TEST(Replay, SignalsOfProgramsAreHandedOn) {
  const Recording recording = {
      .arrivals = {
          {at_ms(10), LineArrived{0, R"({"type":"candidate","candidate":"c","sdpMid":"0"})"}},
          {at_ms(11), LineArrived{0, R"({"type":"offer"})"}},
          {at_ms(12), LineArrived{1, R"({"type":"candidate","candidate":""})"}},
      }};
  std::string told;
  struct Listener : core::EventListener {
    explicit Listener(std::string& into) : text(into) {}
    void on_agent(const core::AgentEvent& event) override {
      if (event.kind != "program.told" && event.kind != "signal.refused") return;
      text += std::string(event.kind) + " " + to_string(event.at);
      for (const core::Field& field : event.fields) {
        text += " ";
        text += std::get<std::string_view>(field.value);
      }
      text += "\n";
    }
    std::string& text;
  } listener(told);
  Playback playback(recording);
  Gateway gateway(playback);
  script::RunOptions options;
  options.outside = &gateway;
  options.listeners = {&listener};
  const Outcome outcome = script::run_body(std::string(world) + R"(
    local one, other = a:spawn{ "one" }, b:spawn{ "other" }
    net:signalling(one, other, { one_way_delay = "30ms" })
    sleep("12ms"))",
                                           options);
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error;
  // Nothing was told within 12 ms but that the offer is none.
  EXPECT_EQ(told, "signal.refused 0.011000s offer it has no text 'sdp'\n");
}

TEST(Replay, WhatIsWrongIsSaid) {
  const auto error_of = [](std::string_view body) { return play({}, body).error; };
  EXPECT_EQ(error_of("a:spawn{}"), "test.lua:5: host:spawn: expected a program and its arguments");
  EXPECT_EQ(error_of("a:udp() a:spawn{ 'x' }"),
            "test.lua:5: host:spawn: natsim's own programs run on host 'a' already");
  EXPECT_EQ(
      error_of("a:attach() a:udp()"),
      "test.lua:5: host:udp: host 'a' is a real machine now, and natsim's own programs cannot "
      "run on it");
  EXPECT_EQ(error_of("a:spawn{ 'x', enw = {} }"),
            "test.lua:5: host:spawn: unknown key 'enw'; did you mean 'env'?");
  EXPECT_EQ(
      error_of("a:spawn{ 'x' }:send{ f = print }"),
      "test.lua:5: program:send: f: expected a boolean, a number, a text, a duration or a table "
      "of them, got a function");
  EXPECT_EQ(script::error_of(std::string(world) + "a:spawn{ 'x' }"),
            "test.lua:5: host:spawn: real programs run in `natsim live` alone");
}

TEST(Replay, TheSameRecordingGivesTheSameDigest) {
  const Recording recording = {.arrivals = {{at_ms(10), DatagramArrived{0, datagram}},
                                            {at_ms(10), DatagramArrived{0, {1, 2, 3}}},
                                            {at_ms(11), LineArrived{0, "x"}}},
                               .end = RecordedEnd{at_ms(500), 0}};
  const std::string body = "a:spawn{ 'x' } sleep('500ms')";
  const Outcome one = play(recording, body);
  EXPECT_EQ(one.verdict, Verdict::pass) << one.error;
  EXPECT_EQ(one.digest, play(recording, body).digest);
  Recording other = recording;
  other.arrivals[0].at = at_ms(9);
  EXPECT_NE(one.digest, play(other, body).digest);
}

TEST(Replay, EndsWhereTheRecordingEnds) {
  const Recording killed = {.arrivals = {{at_ms(10), LineArrived{0, "x"}}}};
  const Outcome outcome = play(killed, "a:spawn{ 'x' } sleep('1s')");
  EXPECT_EQ(outcome.error, "test.lua:5: the run was interrupted");
  EXPECT_EQ(outcome.simulated, milliseconds(10));
  // A recording of another scenario has programs that this one has not.
  EXPECT_EQ(play(killed, "sleep('1s')").error, "test.lua:5: the run was interrupted");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::live
