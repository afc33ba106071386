// Faults on chosen packets and partitions, as scripts make them.
#include "script_test.h"

#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// Two hosts 10 ms apart; `ping(data)` gives what comes back within a second and when.
const std::string world = R"(
    local internet = net:router("internet")
    local a = net:host("a", { link = { internet, one_way_delay = "5ms" } })
    local b = net:host("b", { link = { internet, one_way_delay = "5ms" } })
    local echo = b:echo()
    local socket = a:udp({ port = 4000 })
    local function ping(data)
      local start = net:now()
      socket:send(echo, data or "x")
      return socket:receive("1s") and tostring(net:now() - start) or "lost"
    end
    local seen = {}
    local function see(data) seen[#seen + 1] = ping(data) end
    local function tell() metric("seen", table.concat(seen, " ")) end
)";

std::string seen(const std::string& body) {
  return metric_of(run_body(world + body + "\ntell()"), "seen");
}

TEST(Faults, DelayTheNth) {
  EXPECT_EQ(seen(R"(
    local fault = delay({ host = a, direction = "out", n = 2, by = "30ms" })
    see() see() see()
    seen[#seen + 1] = fault.count .. " of " .. fault.matched)"),
            "20ms 50ms 20ms 1 of 3");
}

TEST(Faults, EndWithTheirHandles) {
  EXPECT_EQ(seen(R"(
    local fault = delay({ host = b, direction = "in", by = "30ms" })
    see()
    fault:stop()
    see())"),
            "50ms 20ms");
}

TEST(Faults, DuplicatesArriveTogether) {
  EXPECT_EQ(seen(R"(
    duplicate({ host = a, direction = "in", copies = 2 })
    see()
    seen[#seen + 1] = socket.waiting)"),
            "20ms 2");
}

TEST(Faults, CorruptionIsFoundByTheChecksum) {
  EXPECT_EQ(seen(R"(
    local fault = corrupt({ host = a, direction = "out", every = 2 })
    for _ = 1, 4 do see() end
    seen[#seen + 1] = fault.count)"),
            "20ms lost 20ms lost 2");
}

TEST(Faults, HoldAndRelease) {
  EXPECT_EQ(seen(R"(
    local wait = hold({ host = a, direction = "out" })
    socket:send(echo, "one")
    socket:send(echo, "two")
    sleep("100ms")
    seen[1] = wait.held
    wait:release()
    seen[2] = socket:receive("1s") .. " " .. tostring(net:now())
    seen[3] = socket:receive("1s") .. " " .. tostring(net:now())
    see()
    wait:stop()
    seen[5] = socket:receive("1s") .. " " .. tostring(net:now()))"),
            "2 one 120ms two 120ms lost x 1.14s");
}

TEST(Faults, ChooseBySizeAndPort) {
  // 28 bytes of headers.
  EXPECT_EQ(seen(R"(
    local big = drop({ host = a, direction = "out", min_size = "129B" })
    see(string.rep("x", 100)) see(string.rep("x", 101))
    big:stop()
    drop({ host = a, direction = "out", source_port = 4000, destination_port = { 7, 9 } })
    see()
    socket = a:udp({ port = 4001 })
    see())"),
            "20ms lost lost 20ms");
}

TEST(Faults, MistakesAreErrors) {
  EXPECT_EQ(error_of(world + "delay({ host = a })").substr(13), "delay: missing key 'by'");
  EXPECT_EQ(error_of(world + "hold({})").substr(13), "hold: missing key 'host'");
  EXPECT_EQ(error_of(world + "duplicate({ host = a, copies = 0 })").substr(13),
            "duplicate: copies: expected a whole number from 1 to 1000, got 0");
  EXPECT_EQ(error_of(world + "drop({ host = a, source_port = { 9, 7 } })").substr(13),
            "drop: source_port: the first port is greater than the last");
  EXPECT_EQ(error_of(world + "drop({ host = a, min_size = '9B', max_size = '8B' })").substr(13),
            "drop: 'min_size' is greater than 'max_size'");
  EXPECT_EQ(error_of(world + "net:partition({ a, { a, b } })").substr(13),
            "net:partition: 'a' is on both sides");
  EXPECT_EQ(
      error_of(world + "net:partition({ a, 'c' })").substr(13),
      "net:partition[2]: 'c' is not the name of a host, a router or a NAT; did you mean 'a'?");
}

TEST(Partitions, PartBothWaysOrOne) {
  EXPECT_EQ(seen(R"(
    local cut = net:partition({ a, "b" })
    see()
    seen[#seen + 1] = cut.count
    cut:heal()
    see()
    cut = net:partition({ b, { a }, one_way = true })  -- the answers die
    see()
    seen[#seen + 1] = cut.count .. " " .. tostring(cut.healed))"),
            "lost 1 20ms lost 1 false");
}

TEST(Partitions, CutALinkBetweenNeighbours) {
  EXPECT_EQ(seen(R"(
    net:partition({ a, internet })
    see())"),
            "lost");
}

TEST(Partitions, ReachThroughTranslations) {
  const Outcome outcome = run_body(R"(
    local internet = net:router("internet")
    local home = net:home("home", { nat = "symmetric", wan = { internet } })
    local b = net:host("b", { link = { internet } })
    local echo = b:echo()
    local socket = home:udp()
    socket:send(echo, "x")
    metric("before", tostring(socket:receive("1s")))
    local first = home.nat:mappings()[1]
    local cut = net:partition({ b, { home, home.nat }, one_way = true })
    socket:send(echo, "x")
    metric("after", tostring(socket:receive("1s")))
    metric("in", home.nat:mappings()[1].packets_in))");
  EXPECT_EQ(metric_of(outcome, "before"), "x");
  EXPECT_EQ(metric_of(outcome, "after"), "nil");
  EXPECT_EQ(metric_of(outcome, "in"), "1");  // the answer died in front of the NAT
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
