// rtpmap, fmtp, rtcp-fb.
#include "stack/sdp/codec_attributes.h"

#include <gtest/gtest.h>

namespace natsim::sdp {
namespace NATSIM_TEST_FILE {

TEST(RtpMap, SDP12_IsReadAndWritten) {
  EXPECT_EQ(parse_rtp_map("111 opus/48000/2"), (RtpMap{111, "opus", 48'000, 2}));
  EXPECT_EQ(parse_rtp_map("96 VP8/90000"), (RtpMap{96, "VP8", 90'000, 1}));
  for (const char* text : {"111 opus/48000/2", "96 VP8/90000", "0 PCMU/8000"}) {
    EXPECT_EQ(to_string(parse_rtp_map(text).value()), text);
  }
  for (const char* text : {"", "111", "128 opus/48000", "x opus/48000", "111 opus", "111 /48000",
                           "111 opus/0", "111 opus/48000/0", "111 opus/48000/2/3", "1 a/1 b"}) {
    EXPECT_FALSE(parse_rtp_map(text)) << text;
  }
}

TEST(FormatParameters, AreFoundByTheirName) {
  const auto parameters = parse_format_parameters("111 minptime=10; UseInbandFec=1 ;stereo");
  ASSERT_TRUE(parameters);
  EXPECT_EQ(parameters->format, "111");
  EXPECT_EQ(parameters->find("minptime"), "10");
  EXPECT_EQ(parameters->find("useinbandfec"), "1");
  EXPECT_EQ(parameters->find("stereo"), std::nullopt);
  EXPECT_EQ(to_string(*parse_format_parameters("101 0-16")), "101 0-16");
  EXPECT_FALSE(parse_format_parameters("101"));
  EXPECT_FALSE(parse_format_parameters(""));
}

TEST(RtcpFeedback, SDP26_MayBeForAll) {
  EXPECT_EQ(parse_rtcp_feedback("96 nack pli"), (RtcpFeedback{96, "nack", "pli"}));
  EXPECT_EQ(parse_rtcp_feedback("* transport-cc"),
            (RtcpFeedback{std::nullopt, "transport-cc", ""}));
  EXPECT_EQ(to_string(RtcpFeedback{std::nullopt, "ccm", "fir"}), "* ccm fir");
  EXPECT_EQ(to_string(RtcpFeedback{96, "goog-remb", ""}), "96 goog-remb");
  for (const char* text : {"", "96", "* ", "200 nack", "** nack"}) {
    EXPECT_FALSE(parse_rtcp_feedback(text)) << text;
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::sdp
