// What scripts say about the media of calls.
#include "script_test.h"

#include <string>

namespace natsim::script {
namespace NATSIM_TEST_FILE {

// Alice calls Bob with `media`; Carol calls Dave as well.
Outcome call_with(const std::string& media, const std::string& then = "") {
  return run_body(R"(
    local internet = net:router("internet")
    local function host(name) return net:host(name, { link = { internet, one_way_delay = "10ms" } }) end
    local function call(a, b)
      local made = net:call(host(a), host(b), { media = )" +
                  media + R"( })
      made:wait("connected", "5s")
      return made
    end
    local function fingerprint(peer) return peer.local_description:match("a=fingerprint:[^\r]*") end
    local first, second = call("alice", "bob"), call("carol", "dave")
)" + then);
}

constexpr const char* fingerprints = R"(
    local found, kinds = {}, 0
    for _, made in ipairs({ first, second }) do
      expect(fingerprint(made.caller) == fingerprint(made.callee)).equals(false)
      for _, peer in ipairs({ made.caller, made.callee }) do found[fingerprint(peer)] = true end
    end
    for i = 1, 30 do
      local more = call("x" .. i, "y" .. i)
      found[fingerprint(more.caller)], found[fingerprint(more.callee)] = true, true
    end
    for _ in pairs(found) do kinds = kinds + 1 end
    metric("kinds", kinds)
)";

TEST(MediaOptions, CallsShareAFewCertificatesAndCallersNoneWithCallees) {
  const Outcome outcome = call_with("{ audio = true }", fingerprints);
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error;
  EXPECT_EQ(metric_of(outcome, "kinds"), "8");
}

TEST(MediaOptions, OwnCertificatesAreAsManyAsPeers) {
  const Outcome outcome = call_with("{ audio = true, own_certificates = true }", fingerprints);
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error;
  EXPECT_EQ(metric_of(outcome, "kinds"), "64");
}

TEST(MediaOptions, OwnCertificatesAreNoOptionWhereThereAreNoOthers) {
  const Outcome rsa =
      call_with("{ audio = true, certificate = 'rsa-2048', own_certificates = false }");
  EXPECT_NE(rsa.error.find("certificates of RSA are never shared"), std::string::npos) << rsa.error;
  const Outcome by_hand = run_body(R"(
    local host = net:host("host", { link = { net:router("internet"), one_way_delay = "10ms" } })
    host:peer_connection({ media = { audio = true, own_certificates = true } }))");
  EXPECT_NE(by_hand.error.find("a certificate of its own anyway"), std::string::npos)
      << by_hand.error;
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
