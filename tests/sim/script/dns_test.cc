// DNS and DNS64 from a script.
#include "script_test.h"

namespace natsim::script {
namespace NATSIM_TEST_FILE {

constexpr std::string_view names = R"(
    local internet = net:router("internet")
    local server = net:host("server", { link = { internet, one_way_delay = "10ms" }, family = "ipv6" })
    local host = net:host("host", { link = { internet, one_way_delay = "5ms" }, family = "ipv6" })
)";

std::string with_names(std::string_view body) { return std::string(names) + std::string(body); }

TEST(Dns, TellsAddressesAndSynthesizesThem) {
  const Outcome outcome = run_body(with_names(R"(
      local dns = server:dns_server({
        records = { ["four.example"] = "192.0.2.1", ["six.example"] = "2001:db8::9" },
        dns64 = "2001:db8:64::/96",
      })
      metric("prefix", host:discover_nat64(dns))
      metric("four", host:resolve(dns, "Four.Example")[1])
      metric("six", host:resolve({ server, 53 }, "six.example")[1])
      metric("a", host:resolve(dns, "four.example", { type = "A" })[1])
      local _, reason = host:resolve(dns, "nobody.example")
      metric("reason", reason)
      metric("asked", dns.answered)
      metric("at", net:now())
    )"));
  EXPECT_EQ(metric_of(outcome, "prefix"), "2001:db8:64::/96");
  EXPECT_EQ(metric_of(outcome, "four"), "2001:db8:64::c000:201");
  EXPECT_EQ(metric_of(outcome, "six"), "2001:db8::9");
  EXPECT_EQ(metric_of(outcome, "a"), "192.0.2.1");
  EXPECT_EQ(metric_of(outcome, "reason"), "Name Error");
  EXPECT_EQ(metric_of(outcome, "asked"), "5");
  EXPECT_EQ(metric_of(outcome, "at"), "150ms");  // five round trips of 30 ms
}

TEST(Dns, NobodyAnswersWhereNobodyServes) {
  const Outcome outcome = run_body(with_names(R"(
      server.link:up(false)
      local _, reason = host:resolve({ server, 53 }, "a.example", { timeout = "1s", tries = 2 })
      metric("reason", reason)
      metric("at", net:now())
    )"));
  EXPECT_EQ(metric_of(outcome, "reason"), "timeout");
  EXPECT_EQ(metric_of(outcome, "at"), "2s");
}

TEST(Dns, MistakesAreErrors) {
  const std::pair<const char*, const char*> rows[] = {
      {R"(server:dns_server({ records = { ["a b"] = "192.0.2.1" } }))", "names and addresses"},
      {R"(server:dns_server({ dns64 = "2001:db8::/33" }))", "32, 40, 48, 56, 64 or 96 bits"},
      {R"(server:dns_server({ dns64 = false }))", "true or a prefix"},
      {R"(host:resolve("192.0.2.1:53", "a..b"))", "a name, such as"},
  };
  for (const auto& [body, expected] : rows) {
    const std::string error = error_of(with_names(body));
    EXPECT_NE(error.find(expected), std::string::npos) << error;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
