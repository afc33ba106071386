#include "stack/peer/codec.h"

#include <gtest/gtest.h>

#include "stack/sdp/description.h"

namespace natsim::peer {
namespace NATSIM_TEST_FILE {

sdp::Media section(std::string_view lines) {
  auto parsed =
      sdp::parse("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + std::string(lines));
  EXPECT_TRUE(parsed.ok()) << parsed.error();
  return parsed.value().media.at(0);
}

std::vector<std::string> names(const std::vector<Codec>& codecs) {
  std::vector<std::string> names;
  for (const Codec& codec : codecs) {
    names.push_back(std::to_string(codec.payload_type) + " " + codec.encoding);
  }
  return names;
}

TEST(PeerCodec, OwnCodecsComeBackAsTheyWereWritten) {
  for (const MediaKind kind : {MediaKind::audio, MediaKind::video}) {
    sdp::Media media{.kind = std::string(to_string(kind)), .protocol = "UDP/TLS/RTP/SAVPF"};
    write_codecs(codecs_of(kind), media);
    EXPECT_EQ(read_codecs(media), codecs_of(kind));
    for (const Fec fec : {Fec{AudioFec::red, VideoFec::ulpfec}, Fec{{}, VideoFec::flexfec}}) {
      sdp::Media protected_media{.kind = media.kind, .protocol = media.protocol};
      write_codecs(codecs_of(kind, fec), protected_media);
      EXPECT_EQ(read_codecs(protected_media), codecs_of(kind, fec));
    }
  }
}

TEST(PeerCodec, AStaticPayloadTypeNeedsNoRtpmap) {
  const auto codecs = read_codecs(section("m=audio 9 RTP/AVP 0 8 97\r\n"));
  EXPECT_EQ(names(codecs), (std::vector<std::string>{"0 PCMU", "8 PCMA"}));
}

TEST(PeerCodec, SDP26_TheWildcardIsForAllAndOnlyWhatBothHaveIsAnswered) {
  const auto offered = read_codecs(section(
      "m=video 9 UDP/TLS/RTP/SAVPF 120\r\na=rtpmap:120 VP8/90000\r\na=rtcp-fb:* nack pli\r\n"
      "a=rtcp-fb:120 nack\r\na=rtcp-fb:120 nack rpsi\r\na=rtcp-fb:120 ccm tmmbr\r\n"));
  ASSERT_EQ(offered.size(), 1U);
  EXPECT_EQ(offered[0].feedback,
            (std::vector<std::string>{"nack pli", "nack", "nack rpsi", "ccm tmmbr"}));
  const auto common = common_codecs(offered, codecs_of(MediaKind::video));
  ASSERT_EQ(common.size(), 1U);
  EXPECT_EQ(common[0].feedback, (std::vector<std::string>{"nack pli", "nack"}));
}

TEST(PeerCodec, SDP12_TheAnswerHasTheOffersNumbersAndOrder) {
  const auto offered = read_codecs(
      section("m=video 9 UDP/TLS/RTP/SAVPF 35 126 127 120 121\r\na=rtpmap:35 AV1/90000\r\n"
              "a=rtpmap:126 H264/90000\r\n"
              "a=fmtp:126 packetization-mode=1;profile-level-id=42E034\r\n"
              "a=rtpmap:127 rtx/90000\r\na=fmtp:127 apt=126\r\na=rtpmap:120 vp8/90000\r\n"
              "a=rtpmap:121 rtx/90000\r\na=fmtp:121 apt=35\r\n"));
  const auto common = common_codecs(offered, codecs_of(MediaKind::video));
  EXPECT_EQ(names(common), (std::vector<std::string>{"126 H264", "127 rtx", "120 vp8"}));
  EXPECT_EQ(common[1].repeats(), 126);
}

TEST(PeerCodec, RTP13_ProtectionIsAgreedOnBesideWhatItProtects) {
  constexpr Fec fec{AudioFec::red, VideoFec::ulpfec};
  const auto audio = read_codecs(
      section("m=audio 9 UDP/TLS/RTP/SAVPF 96 97 98\r\na=rtpmap:96 red/48000/2\r\n"
              "a=fmtp:96 97/97\r\na=rtpmap:97 opus/48000/2\r\na=rtpmap:98 red/8000\r\n"));
  const auto speech = common_codecs(audio, codecs_of(MediaKind::audio, fec));
  EXPECT_EQ(names(speech), (std::vector<std::string>{"96 red", "97 opus"}));
  EXPECT_EQ(speech[0].parameters, "97/97");  // by the offer's numbers
  EXPECT_EQ(names(common_codecs(audio, codecs_of(MediaKind::audio))),
            std::vector<std::string>{"97 opus"});
  // RED that holds what is not known.
  const auto other =
      read_codecs(section("m=audio 9 UDP/TLS/RTP/SAVPF 0 96 97\r\na=rtpmap:96 red/48000/2\r\n"
                          "a=fmtp:96 97/97\r\na=rtpmap:97 L16/48000/2\r\n"));
  EXPECT_EQ(names(common_codecs(other, codecs_of(MediaKind::audio, fec))),
            std::vector<std::string>{"0 PCMU"});
  const auto video = read_codecs(
      section("m=video 9 UDP/TLS/RTP/SAVPF 100 101 102 103\r\na=rtpmap:100 red/90000\r\n"
              "a=rtpmap:101 ulpfec/90000\r\na=rtpmap:102 rtx/90000\r\na=fmtp:102 apt=100\r\n"
              "a=rtpmap:103 VP8/90000\r\n"));
  EXPECT_EQ(names(common_codecs(video, codecs_of(MediaKind::video, fec))),
            (std::vector<std::string>{"100 red", "102 rtx", "101 ulpfec", "103 VP8"}));
  // Without media there is nothing to protect.
  const auto alone =
      read_codecs(section("m=video 9 UDP/TLS/RTP/SAVPF 100 101\r\na=rtpmap:100 red/90000\r\n"
                          "a=rtpmap:101 ulpfec/90000\r\n"));
  EXPECT_TRUE(common_codecs(alone, codecs_of(MediaKind::video, fec)).empty());
}

TEST(PeerCodec, H264OfAnotherModeOrProfileIsAnotherCodec) {
  const auto offered = read_codecs(section(
      "m=video 9 UDP/TLS/RTP/SAVPF 100 101\r\na=rtpmap:100 H264/90000\r\n"
      "a=fmtp:100 packetization-mode=0;profile-level-id=42e01f\r\na=rtpmap:101 H264/90000\r\n"
      "a=fmtp:101 packetization-mode=1;profile-level-id=640c1f\r\n"));
  EXPECT_EQ(offered.size(), 2U);
  EXPECT_TRUE(common_codecs(offered, codecs_of(MediaKind::video)).empty());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::peer
