// Whole session descriptions: lines, their order, and the way back to text.
#include "stack/sdp/description.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "stack/ice/candidate_line.h"
#include "tests/stack/sdp/offers.h"

namespace natsim::sdp {
namespace NATSIM_TEST_FILE {

constexpr std::string_view smallest = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

Description parsed(std::string_view text) {
  auto result = parse(text);
  EXPECT_TRUE(result.ok()) << result.error();
  return std::move(result.value());
}

std::string error_of(std::string_view text) {
  const auto result = parse(text);
  return result.ok() ? "" : result.error();
}

std::string with_line(std::string_view line) {
  return std::string(smallest) + std::string(line) + "\r\n";
}

TEST(Sdp, SDP01_LinesEndWithCrLfOrLf) {
  std::string with_lf;
  for (const char c : smallest) {
    if (c != '\r') with_lf += c;
  }
  EXPECT_EQ(parsed(with_lf), parsed(smallest));
  with_lf.pop_back();  // the last one may have no end
  EXPECT_EQ(parsed(with_lf), parsed(smallest));
}

TEST(Sdp, SDP01_ReadsEveryLineOfTheGrammar) {
  constexpr std::string_view all =
      "v=0\r\no=jdoe 3724394400 3724394405 IN IP6 2001:db8::1\r\ns=A call\r\ni=about\r\n"
      "u=https://example.com/\r\ne=a@example.com\r\ne=b@example.com\r\np=+1 617 555-6011\r\n"
      "c=IN IP6 ff15::101/3\r\nb=AS:128\r\nb=TIAS:96000\r\nt=3724394400 3724398000\r\n"
      "r=604800 3600 0 90000\r\nt=0 0\r\nz=3730928400 -1h\r\nk=prompt\r\na=recvonly\r\n"
      "m=audio 49170/2 RTP/AVP 0 8\r\ni=voice\r\nc=IN IP4 233.252.0.1/127/3\r\n"
      "c=IN IP4 233.252.0.9\r\nb=AS:64\r\nk=clear:x\r\na=ptime:20\r\n";
  const Description description = parsed(all);
  EXPECT_EQ(description.origin.username, "jdoe");
  EXPECT_EQ(description.origin.session_id, 3'724'394'400U);
  EXPECT_EQ(description.origin.family, Family::ipv6);
  EXPECT_EQ(description.emails.size(), 2U);
  EXPECT_EQ(description.connection->address, "ff15::101/3");
  EXPECT_EQ(description.bandwidths[1], (Bandwidth{"TIAS", 96'000}));
  ASSERT_EQ(description.timings.size(), 2U);
  EXPECT_EQ(description.timings[0].repeats.size(), 1U);
  ASSERT_EQ(description.media.size(), 1U);
  EXPECT_EQ(description.media[0].port, 49'170);
  EXPECT_EQ(description.media[0].ports, 2);
  EXPECT_EQ(description.media[0].formats, (std::vector<std::string>{"0", "8"}));
  EXPECT_EQ(description.media[0].connections.size(), 2U);
  EXPECT_EQ(to_string(description), all);
}

TEST(Sdp, SDP01_SaysWhichLineIsWrong) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"", "expected at least the lines v=, o= and s="},
      {"garbage", "line 1: expected a line of SDP"},
      {"v=1\r\n", "line 1: expected version 0"},
      {"o=- 1 2 IN IP4 127.0.0.1\r\n", "line 1: expected v=, o= and s= first"},
      {"v=0\r\ns=-\r\n", "line 2: expected v=, o= and s= first"},
      {"v=0\r\no=- 1 9223372036854775808 IN IP4 127.0.0.1\r\n", "at most 63 bits"},
      {"v=0\r\no=- 1 2 IN IP5 127.0.0.1\r\n", "line 2: expected an address"},
      {"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n", "expected a line t="},
      {with_line("c=IN IP4 0.0.0.0"), "line 5: this line belongs further up"},
      {with_line("a=x\r\na=y\r\nt=0 0"), "line 7: this line belongs further up"},
      {with_line("x=y"), "line 5: expected a line of SDP"},
      {with_line("a=:v"), "line 5: expected an attribute's name"},
      {with_line("a=b\rc"), "line 5: a control character"},
      {with_line("m=audio 9 UDP/TLS/RTP/SAVPF"), "line 5: expected at least one format"},
      {with_line("m=audio 65536 RTP/AVP 0"), "line 5: expected a port"},
      {with_line("m=audio 9 RTP//AVP 0"), "line 5: expected a protocol"},
      {with_line("m=audio 9 RTP/AVP 0\r\nt=0 0"), "line 6: expected a line of SDP"},
      {with_line("m=audio 9 RTP/AVP 0\r\na=x\r\nc=IN IP4 0.0.0.0"), "line 7: this line belongs"},
      {with_line("k=prompt\r\nk=prompt"), "line 6: a line that may stand only once"},
  };
  for (const auto& [text, expected] : rows) {
    EXPECT_NE(error_of(text).find(expected), std::string::npos) << text << ": " << error_of(text);
  }
}

TEST(Sdp, SDP02_TheVersionHas63Bits) {
  const Description description = parsed(
      "v=0\r\no=- 9223372036854775807 9223372036854775807 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
  EXPECT_EQ(description.origin.version, 0x7fff'ffff'ffff'ffffU);
}

TEST(Sdp, SDP03_OffersOfAllKindsComeBackAsTheyWere) {
  for (const std::string_view offer : offers) {
    const std::string written = to_string(parsed(offer));
    EXPECT_EQ(written, offer);
  }
}

TEST(Sdp, SDP03_KeepsAttributesThatItDoesNotKnow) {
  const Description description = parsed(sample_offer);
  ASSERT_EQ(description.media.size(), 2U);
  const auto& audio = description.media[0].attributes;
  EXPECT_EQ(find(audio, "mid"), "0");
  EXPECT_EQ(find(audio, "rtcp-rsize"), "");
  EXPECT_EQ(find(audio, "tls-id"), std::nullopt);
  EXPECT_EQ(find(description.attributes, "group"), "BUNDLE 0 1");
  // Old browsers' lines among them.
  EXPECT_EQ(audio[10], (Attribute{"ssrc", "350842737 mslabel:yvKPspsHcYcwGFTw"}));
}

TEST(Sdp, SDP22_CandidatesAreTheAgents) {
  const Description description = parsed(sample_offer);
  int candidates = 0;
  for (const Attribute& each : description.media[0].attributes) {
    if (each.name != "candidate") continue;
    ++candidates;
    EXPECT_TRUE(ice::parse_candidate("candidate:" + *each.value)) << *each.value;
  }
  EXPECT_EQ(candidates, 2);
}

TEST(Sdp, SDP28_RefusesWhatIsTooMuch) {
  std::string text(smallest);
  for (std::size_t i = 0; i < most_media; ++i) text += "m=audio 9 RTP/AVP 0\r\n";
  EXPECT_EQ(parsed(text).media.size(), most_media);
  EXPECT_EQ(error_of(text + "m=audio 9 RTP/AVP 0\r\n"),
            "line 261: too many media sections: m=audio 9 RTP/AVP 0");
  EXPECT_NE(error_of(with_line("a=" + std::string(longest_line, 'x'))).find("too long"),
            std::string::npos);
  std::string lines(smallest);
  for (std::size_t i = 4; i <= most_lines; ++i) lines += "a=x\n";
  EXPECT_NE(error_of(lines).find("line 20001: too many lines"), std::string::npos);
}

RC_GTEST_PROP(SdpProperty, SDP28_AnyChangeOfAnOfferIsReadOrRefusedAndReadOnceIsStable, ()) {
  std::string text(
      *rc::gen::elementOf(std::vector<std::string_view>(offers.begin(), offers.end())));
  const int changes = *rc::gen::inRange(0, 6);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<std::size_t>(0, 40));
        break;
      default:
        text.insert(at, text.substr(*rc::gen::inRange<std::size_t>(0, text.size()), 30));
        break;
    }
    RC_PRE(!text.empty());
  }
  const auto first = parse(text);
  if (!first.ok()) return;
  const auto second = parse(to_string(first.value()));
  RC_ASSERT(second.ok());
  RC_ASSERT(second.value() == first.value());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sdp
