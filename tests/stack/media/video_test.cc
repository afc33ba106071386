#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "stack/media/video_playout.h"
#include "stack/media/video_source.h"
#include "stack/rtp/h264.h"
#include "stack/rtp/vp8.h"

namespace natsim::media {
namespace NATSIM_TEST_FILE {

std::size_t size_of(const VideoFrame& frame) {
  std::size_t size = 0;
  for (const Bytes& unit : frame.units) size += unit.size();
  return size;
}

TEST(VideoSource, TheRateHoldsWithKeyFramesAndWhenItIsChanged) {
  VideoSource source({.frames_per_second = 30, .bitrate = 600'000}, Random(3));
  source.start(Time{});
  std::size_t bytes = 0;
  for (int i = 0; i < 900; ++i) {
    if (i % 300 == 150) source.request_key_frame();
    const VideoFrame frame = source.take();
    EXPECT_EQ(frame.key, i == 0 || i % 300 == 150);
    EXPECT_EQ(frame.captured, Time{} + nanoseconds(i * 1'000'000'000LL / 30));
    if (frame.key) {
      EXPECT_EQ(size_of(frame), 15'000U);  // six times 2500
    }
    bytes += size_of(frame);
  }
  // 30 s of 75 kB: what is owed at the end is less than a key frame.
  EXPECT_NEAR(static_cast<double>(bytes), 30 * 75'000, 15'000);
  source.set_bitrate(300'000);
  bytes = 0;
  for (int i = 0; i < 300; ++i) bytes += size_of(source.take());
  EXPECT_NEAR(static_cast<double>(bytes), 10 * 37'500, 15'000);
}

TEST(VideoSource, RTP17_FramesHaveTheHeadersOfTheirFormats) {
  Random random(1);
  const Bytes key = make_vp8_frame(true, {640, 360}, 100, random);
  EXPECT_EQ(key.size(), 100U);
  EXPECT_EQ(key[0] & 1, 0);
  // Start code, then width and height with the least byte first (RFC 6386 §9.1).
  EXPECT_EQ(Bytes(key.begin() + 3, key.begin() + 10),
            (Bytes{0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}));
  EXPECT_EQ(make_vp8_frame(false, {640, 360}, 100, random)[0] & 1, 1);
  const auto units = make_h264_frame(true, {640, 360}, 100, 0, random);
  ASSERT_EQ(units.size(), 3U);
  EXPECT_EQ(rtp::nal_type(units[0][0]), rtp::NalType::sps);
  EXPECT_EQ(rtp::nal_type(units[1][0]), rtp::NalType::pps);
  EXPECT_EQ(rtp::nal_type(units[2][0]), rtp::NalType::idr);
  const auto later = make_h264_frame(false, {640, 360}, 100, 1, random);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(rtp::nal_type(later[0][0]), rtp::NalType::slice);
}

// A stream of both formats, a frame each 33 ms in packets of 1000 bytes.
class Stream : public testing::TestWithParam<VideoFormat> {
 protected:
  struct Sent {
    rtp::Header header;
    Bytes payload;
  };

  std::vector<Sent> frame(bool key, std::size_t size = 2500) {
    Random random(static_cast<std::uint64_t>(number));
    std::vector<Bytes> payloads;
    if (GetParam() == VideoFormat::vp8) {
      payloads = rtp::packetize_vp8({.starts_partition = true},
                                    make_vp8_frame(key, {}, size, random), 1000);
    } else {
      const auto units = make_h264_frame(key, {}, size, 0, random);
      payloads = rtp::packetize_h264(std::vector<ByteView>(units.begin(), units.end()), 1000);
    }
    std::vector<Sent> packets;
    for (Bytes& payload : payloads) {
      packets.push_back({{.marker = &payload == &payloads.back(),
                          .sequence_number = number++,
                          .timestamp = timestamp},
                         std::move(payload)});
    }
    timestamp += 3000;
    return packets;
  }
  bool receive(const Sent& packet) { return playout.receive(packet.header, packet.payload, now); }
  void receive(const std::vector<Sent>& packets) {
    for (const Sent& packet : packets) receive(packet);
    now += milliseconds(33);
  }
  [[nodiscard]] std::uint64_t decoded() const { return playout.statistics().frames_decoded; }

  std::uint16_t number = 65'530;
  std::uint32_t timestamp = 4'294'960'000U;
  Time now = Time{} + seconds(5);
  VideoPlayout playout{GetParam()};
};

TEST_P(Stream, FramesAreDecodedInOrderWhateverTheOrderOfThePackets) {
  receive(frame(true));
  EXPECT_EQ(decoded(), 1U);
  const auto second = frame(false);
  const auto third = frame(false);
  receive(third);
  EXPECT_EQ(decoded(), 1U);
  for (std::size_t i = second.size(); i-- > 0;) receive(second[i]);
  EXPECT_EQ(decoded(), 3U);
  EXPECT_FALSE(playout.wants_key_frame(now));
}

TEST_P(Stream, NothingIsDecodedWithoutAKeyFrame) {
  receive(frame(false));
  EXPECT_FALSE(playout.wants_key_frame(now));  // it may still come
  now += milliseconds(200);
  receive(frame(false));
  EXPECT_TRUE(playout.wants_key_frame(now));
  EXPECT_FALSE(playout.wants_key_frame(now + milliseconds(199)));
  EXPECT_TRUE(playout.wants_key_frame(now + milliseconds(200)));
  receive(frame(true));
  EXPECT_EQ(decoded(), 1U);
  EXPECT_EQ(playout.statistics().frames_dropped, 2U);
  EXPECT_FALSE(playout.wants_key_frame(now + milliseconds(500)));
}

TEST_P(Stream, AKeyFrameEndsTheWaitForWhatIsLost) {
  receive(frame(true));
  frame(false);  // lost
  receive(frame(false));
  EXPECT_EQ(decoded(), 1U);
  receive(frame(true));
  EXPECT_EQ(decoded(), 2U);
  receive(frame(false));
  EXPECT_EQ(decoded(), 3U);
  EXPECT_EQ(playout.statistics().key_frames_decoded, 2U);
}

TEST_P(Stream, ThreeSecondsWithoutAFrameAskForAKeyFrame) {
  EXPECT_TRUE(playout.next_timeout().is_never());
  receive(frame(true));
  const Time last = now - milliseconds(33);
  EXPECT_EQ(playout.next_timeout(), last + seconds(3));
  EXPECT_FALSE(playout.wants_key_frame(last + milliseconds(2999)));
  // Again and again, but not of a stream without packets: at 3 s, 3.2 s … 4.8 s.
  int requests = 0;
  while (!playout.next_timeout().is_never()) {
    const Time at = playout.next_timeout();
    ASSERT_EQ(at, last + seconds(3) + milliseconds(200) * requests++);
    ASSERT_TRUE(playout.wants_key_frame(at));
    ASSERT_GT(playout.next_timeout(), at);
  }
  EXPECT_EQ(requests, 10);
  now = last + seconds(7);
  receive(frame(false));
  EXPECT_TRUE(playout.wants_key_frame(now));
  receive(frame(true));
  EXPECT_EQ(playout.next_timeout(), now - milliseconds(33) + seconds(3));
}

TEST_P(Stream, AFreezeIsThreeTimesTheMeanAnd150MillisecondsMore) {
  receive(frame(true));
  for (int i = 0; i < 60; ++i) receive(frame(false));
  now += milliseconds(149);  // 182 ms in all: less than 33 + 150
  receive(frame(false));
  EXPECT_EQ(playout.statistics().freeze_count, 0U);
  for (int i = 0; i < 200; ++i) receive(frame(false));
  now += milliseconds(160);
  receive(frame(false));
  EXPECT_EQ(playout.statistics().freeze_count, 1U);
  EXPECT_EQ(playout.statistics().total_freezes, milliseconds(193));
}

TEST_P(Stream, TheMeanForAFreezeIsThatOfThe30FramesBefore) {
  receive(frame(true));
  for (int i = 0; i < 60; ++i) receive(frame(false));
  now += milliseconds(149);
  receive(frame(false));
  // (29 * 33 + 182) / 30 is 37.97: 187 is less than that and 150.
  now += milliseconds(154);
  receive(frame(false));
  EXPECT_EQ(playout.statistics().freeze_count, 0U);
  // After 30 more frames it is 33 again, and 184 a freeze.
  for (int i = 0; i < 30; ++i) receive(frame(false));
  now += milliseconds(151);
  receive(frame(false));
  EXPECT_EQ(playout.statistics().freeze_count, 1U);
  EXPECT_EQ(playout.statistics().total_freezes, milliseconds(184));
}

TEST_P(Stream, ASenderThatStartedAgainIsDecodedAgain) {
  receive(frame(true));
  receive(frame(false));
  number = static_cast<std::uint16_t>(number - 20'000);
  receive(frame(false));
  EXPECT_EQ(decoded(), 2U);
  EXPECT_TRUE(playout.wants_key_frame(now));
  receive(frame(true));
  receive(frame(false));
  EXPECT_EQ(decoded(), 4U);
}

TEST_P(Stream, NothingBeforeTheNextFrameIsNeeded) {
  EXPECT_FALSE(playout.needed_from());
  receive(frame(true));
  EXPECT_EQ(playout.needed_from(), number);
}

// Repairs within the stream have numbers of it (RFC 5109 §14).
TEST(VideoPlayout, RTP13_NumbersBetweenFramesAreRepairs) {
  VideoPlayout playout(VideoFormat::vp8);
  Random random(1);
  std::uint16_t number = 100;
  const auto send = [&](bool key, std::uint16_t picture_id) {
    const auto payloads = rtp::packetize_vp8({.starts_partition = true, .picture_id = picture_id},
                                             make_vp8_frame(key, {}, 500, random), 1000);
    const std::uint32_t timestamp = picture_id * 3000U;
    return playout.receive({.marker = true, .sequence_number = number++, .timestamp = timestamp},
                           payloads.front(), Time{} + seconds(1));
  };
  EXPECT_TRUE(send(true, 0x7ffe));
  ++number;
  EXPECT_TRUE(send(false, 0x7fff));
  number = static_cast<std::uint16_t>(number + 2);
  EXPECT_TRUE(send(false, 0));
  ++number;
  EXPECT_FALSE(send(false, 2));  // a picture is missing
}

INSTANTIATE_TEST_SUITE_P(Formats, Stream, testing::Values(VideoFormat::vp8, VideoFormat::h264),
                         [](const auto& format) {
                           return format.param == VideoFormat::vp8 ? "Vp8" : "H264";
                         });

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::media
