// Direction, extmap, ssrc, ssrc-group, msid, rid, simulcast.
#include "stack/sdp/stream_attributes.h"

#include <array>

#include <gtest/gtest.h>

namespace natsim::sdp {
namespace NATSIM_TEST_FILE {

using enum Direction;

// RFC 3264 §6.1: what the answer may be, from what was offered and what the answerer would like.
TEST(DirectionAlgebra, SDP13_TheSixteenCases) {
  constexpr std::array<Direction, 4> all = {inactive, sendonly, recvonly, sendrecv};
  constexpr Direction expected[4][4] = {
      // wanted: inactive  sendonly  recvonly  sendrecv
      {inactive, inactive, inactive, inactive},  // offered: inactive
      {inactive, inactive, recvonly, recvonly},  // sendonly
      {inactive, sendonly, inactive, sendonly},  // recvonly
      {inactive, sendonly, recvonly, sendrecv},  // sendrecv
  };
  for (std::size_t offered = 0; offered < 4; ++offered) {
    for (std::size_t wanted = 0; wanted < 4; ++wanted) {
      EXPECT_EQ(answer_to(all[offered], all[wanted]), expected[offered][wanted])
          << to_string(all[offered]) << ' ' << to_string(all[wanted]);
    }
  }
  for (const Direction each : all) EXPECT_EQ(parse_direction(to_string(each)), each);
  EXPECT_FALSE(parse_direction("sendboth"));
}

TEST(HeaderExtensions, SDP23_HaveIdsThatPacketsCanCarry) {
  EXPECT_EQ(parse_header_extension("3/sendonly urn:x a b"),
            (HeaderExtension{3, sendonly, "urn:x", "a b"}));
  for (const char* text :
       {"1 urn:x", "14 urn:x", "16 urn:x", "255 urn:x", "4096 urn:x", "4351/recvonly urn:x y"}) {
    const auto extension = parse_header_extension(text);
    ASSERT_TRUE(extension) << text;
    EXPECT_EQ(to_string(*extension), text);
  }
  for (const char* text : {"0 urn:x", "15 urn:x", "256 urn:x", "4095 urn:x", "4352 urn:x", "1",
                           "1/ urn:x", "1/both urn:x", "x urn:x", ""}) {
    EXPECT_FALSE(parse_header_extension(text)) << text;
  }
}

TEST(Sources, SDP27_HaveAttributesAndGroups) {
  EXPECT_EQ(parse_source_attribute("4294967295 cname:a:b"),
            (SourceAttribute{0xffff'ffff, "cname", "a:b"}));
  EXPECT_EQ(parse_source_attribute("1 mslabel"), (SourceAttribute{1, "mslabel", std::nullopt}));
  EXPECT_EQ(to_string(SourceAttribute{1, "msid", "s t"}), "1 msid:s t");
  for (const char* text : {"", "1", "4294967296 cname:a", "x cname:a", "1 :a"}) {
    EXPECT_FALSE(parse_source_attribute(text)) << text;
  }
  EXPECT_EQ(parse_source_group("FID 1001 1002"), (SourceGroup{"FID", {1001, 1002}}));
  EXPECT_EQ(to_string(SourceGroup{"SIM", {1, 2, 3}}), "SIM 1 2 3");
  for (const char* text : {"", "FID", "FID x", "FID 1 -1"}) {
    EXPECT_FALSE(parse_source_group(text)) << text;
  }
}

TEST(Sources, SDP27_BelongToMediaStreams) {
  EXPECT_EQ(parse_media_stream_id("- track"), (MediaStreamId{"-", "track"}));
  EXPECT_EQ(to_string(*parse_media_stream_id("stream track")), "stream track");
  EXPECT_EQ(to_string(*parse_media_stream_id("stream")), "stream");
  EXPECT_FALSE(parse_media_stream_id(""));
  EXPECT_FALSE(parse_media_stream_id("a b c"));
  EXPECT_FALSE(parse_media_stream_id(std::string(65, 'a')));
}

TEST(Simulcasts, SDP24_HaveRidsAlternativesAndPauses) {
  EXPECT_EQ(parse_rtp_stream_id("hi send pt=97,98;max-width=1280;max-fps=30"),
            (RtpStreamId{"hi", true, {97, 98}, {{"max-width", "1280"}, {"max-fps", "30"}}}));
  for (const char* text : {"hi send", "l recv max-width=320", "a send pt=96", "a send pt=96;x=y"}) {
    const auto id = parse_rtp_stream_id(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(to_string(*id), text);
  }
  for (const char* text : {"", "hi", "hi both", "h! send", "hi send pt=", "hi send pt=128",
                           "hi send max-fps=1;pt=96", "hi send =1", "hi send a=1 b=2"}) {
    EXPECT_FALSE(parse_rtp_stream_id(text)) << text;
  }

  EXPECT_EQ(parse_simulcast("send hi,mid;~lo recv x"),
            (Simulcast{{{{"hi", false}, {"mid", false}}, {{"lo", true}}}, {{{"x", false}}}}));
  for (const char* text : {"send a;b;~c", "recv a", "send 1,~2;3 recv 4"}) {
    const auto simulcast = parse_simulcast(text);
    ASSERT_TRUE(simulcast) << text;
    EXPECT_EQ(to_string(*simulcast), text);
  }
  for (const char* text : {"", "send", "send a send b", "both a", "send a;;b", "send ~", "a;b"}) {
    EXPECT_FALSE(parse_simulcast(text)) << text;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sdp
