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

TEST(MediaOptions, MediaInTheClearAreAsManyPacketsOfTheSameSizes) {
  const std::string count = R"(
    sleep("10s")
    for _, peer in ipairs({ first.caller, first.callee, second.caller, second.callee }) do
      expect(peer.datagrams_received).at_least(500)
    end
    metric("bytes", first.caller.bytes_received .. " " .. first.callee.bytes_received)
    metric("mos", first.caller:get_stats()[1].mean_opinion_score or first.caller:get_stats()[2].mean_opinion_score)
  )";
  const Outcome real = call_with("{ audio = true }", count);
  const Outcome plain = call_with("{ audio = true, encryption = 'none' }", count);
  EXPECT_EQ(real.verdict, Verdict::pass) << real.error;
  EXPECT_EQ(plain.verdict, Verdict::pass) << plain.error;
  EXPECT_EQ(metric_of(plain, "bytes"), metric_of(real, "bytes"));
  EXPECT_EQ(metric_of(plain, "mos"), metric_of(real, "mos"));
  EXPECT_NE(plain.digest, real.digest);
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

TEST(MediaOptions, ProtectionWithoutEffectIsRefused) {
  const auto error_of = [](const char* media) { return call_with(media).error; };
  EXPECT_NE(error_of("{ audio = { codec = 'PCMU', fec = 'red' } }").find("in Opus only"),
            std::string::npos);
  EXPECT_NE(error_of("{ video = { codec = 'H264', fec = 'ulpfec' } }").find("for VP8 only"),
            std::string::npos);
  EXPECT_EQ(error_of("{ video = { codec = 'H264', fec = 'flexfec' } }"), "");
}

TEST(MediaOptions, EncodingsHaveRidsAndAreSent) {
  const auto error_of = [](const std::string& video) {
    return call_with("{ video = " + video + " }").error;
  };
  EXPECT_NE(error_of("{ send_encodings = {} }").find("a list of 1 to 3 encodings"),
            std::string::npos);
  EXPECT_NE(error_of("{ send_encodings = { { active = true } } }").find("a 'rid' of its own"),
            std::string::npos);
  EXPECT_NE(
      error_of("{ send_encodings = { { rid = 'a' }, { rid = 'a' } } }").find("a 'rid' of its own"),
      std::string::npos);
  EXPECT_NE(error_of("{ send_encodings = { { rid = 'a b' } } }").find("a rid: 1 to 16 letters"),
            std::string::npos);
  EXPECT_NE(error_of("{ direction = 'recvonly', send_encodings = { { rid = 'a' } } }")
                .find("of video that the caller sends"),
            std::string::npos);
  const Outcome by_hand = run_body(R"(
    local host = net:host("host", { link = { net:router("internet"), one_way_delay = "10ms" } })
    host:peer_connection({ media = { video = { send_encodings = { { rid = "a" } } } } }))");
  EXPECT_NE(by_hand.error.find("given to pc:add_track"), std::string::npos) << by_hand.error;
}

TEST(MediaOptions, StatisticsListEachEncoding) {
  const Outcome outcome = call_with(R"({
    video = { direction = "sendonly", width = 1280, height = 720, bitrate = "2Mbit", congestion_control = false,
      send_encodings = { { rid = "a" }, { rid = "b" }, { rid = "c", active = false } } } })",
                                    R"(
    sleep("5s")
    local words = {}
    for _, side in ipairs({ first.caller, first.callee }) do
      for _, stream in ipairs(side:get_stats()) do
        words[#words + 1] = stream.type .. " " .. tostring(stream.rid) .. " " .. tostring(stream.frame_width) ..
          " " .. tostring(stream.target_bitrate) .. " " .. ((stream.frames_decoded or stream.frames_sent) > 100 and "moves" or "")
      end
    end
    metric("streams", table.concat(words, "; ")))");
  EXPECT_EQ(outcome.verdict, Verdict::pass) << outcome.error;
  EXPECT_EQ(metric_of(outcome, "streams"),
            "outbound-rtp a 320 150000 moves; outbound-rtp b 640 700000 moves; "
            "inbound-rtp a nil nil moves; inbound-rtp b nil nil moves; inbound-rtp c nil nil ");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::script
