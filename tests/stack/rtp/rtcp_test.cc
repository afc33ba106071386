// RTCP on literal bytes.
#include "stack/rtp/rtcp.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

using Packets = std::vector<RtcpPacket>;

// The bytes of one packet, and back.
template <typename T>
void expect_wire(const T& packet, const Bytes& bytes) {
  EXPECT_EQ(encode(Packets{packet}), bytes);
  const auto parsed = parse_rtcp(bytes);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 1U);
  EXPECT_EQ(std::get<T>(parsed->front()), packet);
}

const ReportBlock block = {.ssrc = 2,
                           .fraction_lost = 64,
                           .cumulative_lost = -2,
                           .highest_sequence = 0x10005,
                           .jitter = 9,
                           .last_sr = 0xabcd1234,
                           .delay_since_last_sr = 0x8000};
const Bytes block_bytes = {0, 0, 0, 2, 64,   0xff, 0xff, 0xfe, 0, 1, 0,    5,
                           0, 0, 0, 9, 0xab, 0xcd, 0x12, 0x34, 0, 0, 0x80, 0};

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(Rtcp, Rtp04ReportsAreTheRfcsBytes) {
  expect_wire(ReceiverReport{1, {block}}, Bytes{0x81, 201, 0, 7, 0, 0, 0, 1} + block_bytes);
  expect_wire(SenderReport{.ssrc = 1,
                           .ntp_timestamp = 0x0102030405060708,
                           .rtp_timestamp = 3,
                           .packet_count = 4,
                           .octet_count = 5,
                           .blocks = {block}},
              Bytes{0x81, 200, 0, 12, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6,
                    7,    8,   0, 0,  0, 3, 0, 0, 0, 4, 0, 0, 0, 5} +
                  block_bytes);
}

TEST(Rtcp, Rtp04DescriptionsGoodbyesAndApplications) {
  using Type = SourceDescription::ItemType;
  // "ab" leaves no room for the null in its word: another word follows.
  expect_wire(SourceDescription{{{1, {{Type::cname, "ab"}}}, {2, {{Type::cname, "a"}}}}},
              {0x82, 202, 0, 5, 0, 0, 0, 1, 1, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 'a', 0});
  expect_wire(Goodbye{{1, 2}, ""}, {0x82, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2});
  expect_wire(Goodbye{{1}, "bye!"}, {0x81, 203, 0, 3, 0, 0, 0, 1, 4, 'b', 'y', 'e', '!', 0, 0, 0});
  expect_wire(ApplicationDefined{3, 1, {'n', 'a', 'm', 'e'}, {1, 2, 3, 4}},
              {0x83, 204, 0, 3, 0, 0, 0, 1, 'n', 'a', 'm', 'e', 1, 2, 3, 4});
}

TEST(Rtcp, Rtp04WhatMakesACompoundPacket) {
  const SourceDescription named{{{1, {{SourceDescription::ItemType::cname, "c"}}}}};
  EXPECT_TRUE(is_compound({ReceiverReport{1, {}}, named}));
  EXPECT_TRUE(is_compound({SenderReport{}, named, PictureLoss{1, 2}}));
  EXPECT_FALSE(is_compound({named, ReceiverReport{1, {}}}));
  EXPECT_FALSE(is_compound({ReceiverReport{1, {}}}));
  EXPECT_FALSE(is_compound({PictureLoss{1, 2}}));  // of reduced size (RFC 5506)
}

TEST(Rtcp, Rtp04LengthsHaveToAddUp) {
  const Bytes two = encode({ReceiverReport{1, {block}}, Goodbye{{1}, ""}});
  ASSERT_TRUE(parse_rtcp(two));
  for (std::size_t size = 0; size < two.size(); ++size) {
    // The first alone is a datagram too.
    EXPECT_EQ(parse_rtcp(ByteView(two).first(size)).has_value(), size == 32) << size;
  }
  Bytes bad = two;
  bad[0] = 0x41;  // version 1
  EXPECT_FALSE(parse_rtcp(bad));
  bad = two;
  bad[0] = 0x82;  // two blocks, and there is one
  EXPECT_FALSE(parse_rtcp(bad));
  // Padding at the end alone, in whole words.
  Bytes padded = two + Bytes{0, 0, 0, 4};
  padded[32] |= 0x20;
  padded[35] += 1;
  EXPECT_EQ(parse_rtcp(padded), parse_rtcp(two));
  padded.back() = 3;
  EXPECT_FALSE(parse_rtcp(padded));
  bad = two;
  bad[0] |= 0x20;
  EXPECT_FALSE(parse_rtcp(bad));
}

TEST(Rtcp, WhatIsUnknownGoesOutAsItCame) {
  expect_wire(UnknownRtcp{207, 3, {1, 2, 3, 4}}, {0x83, 207, 0, 1, 1, 2, 3, 4});
  expect_wire(UnknownRtcp{205, 2, {1, 2, 3, 4}}, {0x82, 205, 0, 1, 1, 2, 3, 4});
  // Application layer feedback that is not REMB.
  expect_wire(UnknownRtcp{206, 15, {1, 2, 3, 4}}, {0x8f, 206, 0, 1, 1, 2, 3, 4});
}

TEST(Rtcp, Rtp07NacksGoInGroupsOfSeventeen) {
  // 65535 and the bits for 0 and 15 behind it; 16 is the seventeenth behind it: a group of its own.
  expect_wire(Nack{1, 2, {65'535, 0, 15, 16}},
              {0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0x80, 0x01, 0, 16, 0, 0});
  // In any order, and twice.
  const Packets packets = {Nack{1, 2, {10, 12, 11, 11}}};
  EXPECT_EQ(parse_rtcp(encode(packets)), packets);
  EXPECT_FALSE(parse_rtcp(Bytes{0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2}));
}

TEST(Rtcp, Rtp09PicturesAndKeyFrames) {
  expect_wire(PictureLoss{1, 2}, {0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2});
  expect_wire(FullIntraRequest{1, {{2, 7}}},
              {0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0});
}

TEST(Rtcp, Rtp10EstimatesHaveEighteenBits) {
  // 1 Mbit/s is 250 000 * 4.
  const Bytes bytes = {0x8f, 206, 0,   5,   0, 0,    0,    1,    0, 0, 0, 0,
                       'R',  'E', 'M', 'B', 1, 0x0b, 0xd0, 0x90, 0, 0, 0, 9};
  expect_wire(EstimatedBitrate{1, 1'000'000, {9}}, bytes);
  // What does not fit is cut off: 2^40 + 1.
  const Packets large = {EstimatedBitrate{1, (std::uint64_t{1} << 40) + 1, {9}}};
  EXPECT_EQ(std::get<EstimatedBitrate>(parse_rtcp(encode(large)).value()[0]).bitrate,
            std::uint64_t{1} << 40);
  EXPECT_EQ(std::get<EstimatedBitrate>(
                parse_rtcp(encode({EstimatedBitrate{1, UINT64_MAX, {}}})).value()[0])
                .bitrate,
            std::uint64_t{0x3ffff} << 46);
  // 18 bits and an exponent of 63 are more than 64.
  Bytes over = bytes;
  over[17] = 0xfc;
  EXPECT_TRUE(std::holds_alternative<UnknownRtcp>(parse_rtcp(over).value()[0]));
}

// RFC 8888 §3.1: R, two bits of ECN and 13 of the offset for each packet, in whole words.
TEST(Rtcp, Rtp12EachPacketsArrivalAndMark) {
  using Arrival = CongestionFeedback::Arrival;
  const CongestionFeedback feedback{
      .sender = 1,
      .streams = {{2, 65'535, {Arrival{3, 5}, std::nullopt, Arrival{1, 0x1ffe}}},
                  {3, 7, {Arrival{0, 0}, Arrival{2, 0x1fff}}},
                  {4, 9, {}}},
      .timestamp = 0x01020304};
  expect_wire(feedback, Bytes{0x8b, 205, 0, 11, 0, 0, 0, 1} +
                            Bytes{0, 0, 0, 2, 0xff, 0xff, 0, 3, 0xe0, 5, 0, 0, 0xbf, 0xfe, 0, 0} +
                            Bytes{0, 0, 0, 3, 0, 7, 0, 2, 0x80, 0, 0xdf, 0xff} +
                            Bytes{0, 0, 0, 4, 0, 9, 0, 0} + Bytes{1, 2, 3, 4});
  expect_wire(CongestionFeedback{.sender = 1, .streams = {}, .timestamp = 5},
              Bytes{0x8b, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 5});
}

TEST(Rtcp, Rtp12WhatBreaksOffIsRefused) {
  const Bytes whole =
      encode({CongestionFeedback{.sender = 1,
                                 .streams = {{2, 3, {std::nullopt, std::nullopt, std::nullopt}}},
                                 .timestamp = 5}});
  ASSERT_EQ(whole.size(), 28U);
  EXPECT_TRUE(parse_rtcp(whole));
  // A word less of it, by the header's length too; more packets than there are.
  for (std::size_t words = 1; words < 6; ++words) {
    Bytes cut(whole.begin(), whole.begin() + 4 + static_cast<std::ptrdiff_t>(words) * 4);
    cut[3] = static_cast<std::uint8_t>(words);
    // Two words are a sender and a time, without a stream.
    EXPECT_EQ(parse_rtcp(cut).has_value(), words == 2) << words;
  }
  Bytes more = whole;
  more[15] = 5;
  EXPECT_FALSE(parse_rtcp(more));
  more[14] = 0x40;  // 16389
  EXPECT_FALSE(parse_rtcp(more));
}

TEST(Rtcp, Rtp11ArrivalsInChunks) {
  const auto feedback = [](std::vector<TransportFeedback::Arrival> arrivals) {
    return TransportFeedback{.sender = 1,
                             .media = 2,
                             .base_sequence = 65'535,
                             .reference_time = -1,
                             .feedback_count = 255,
                             .arrivals = std::move(arrivals)};
  };
  const Bytes heading = {0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff};
  // A run of three small ones: 0 01 0000000000011, then the deltas, padded.
  expect_wire(feedback({4, 0, 255}),
              Bytes{0x8f, 205, 0, 6} + heading +
                  Bytes{0, 3, 0xff, 0xff, 0xff, 255, 0x20, 3, 4, 0, 255, 0, 0, 0});
  // One bit each: received, not, received.
  expect_wire(feedback({4, std::nullopt, 5}),
              Bytes{0x8f, 205, 0, 5} + heading + Bytes{0, 3, 0xff, 0xff, 0xff, 255, 0xa8, 0, 4, 5});
  // Two bits each: small, large (256 and -1), not received.
  expect_wire(feedback({4, 256, -1, std::nullopt}),
              Bytes{0x8f, 205, 0, 6} + heading +
                  Bytes{0, 4, 0xff, 0xff, 0xff, 255, 0xda, 0x00, 4, 1, 0, 0xff, 0xff, 0});
  // Fourteen and more alike are a run, also with others behind.
  std::vector<TransportFeedback::Arrival> many(20, std::nullopt);
  many.push_back(1);
  expect_wire(feedback(many), Bytes{0x8f, 205, 0, 6} + heading +
                                  Bytes{0, 21, 0xff, 0xff, 0xff, 255, 0, 20, 0x20, 1, 1, 0, 0, 0});
}

TEST(Rtcp, Rtp11WhatBreaksOffOrIsReservedIsRefused) {
  const auto parsed = [](const Bytes& tail) {
    Bytes body = Bytes{0, 0, 0, 1, 0, 0, 0, 2, 0, 0} + tail;
    return TransportFeedback::parse(15, body);
  };
  EXPECT_FALSE(parsed({0, 0, 0, 0, 0, 0}));                    // of no packets
  EXPECT_FALSE(parsed({0, 1, 0, 0, 0, 0}));                    // no chunk
  EXPECT_FALSE(parsed({0, 1, 0, 0, 0, 0, 0x60, 1}));           // the reserved symbol
  EXPECT_FALSE(parsed({0, 2, 0, 0, 0, 0, 0x20, 2, 7}));        // one delta of two
  EXPECT_FALSE(parsed({0, 1, 0, 0, 0, 0, 0x40, 1, 7}));        // half of a large one
  const auto longer = parsed({0, 1, 0, 0, 0, 0, 0x20, 9, 7});  // a run beyond the count
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->arrivals, (std::vector<TransportFeedback::Arrival>{7}));
}

RC_GTEST_PROP(Rtcp, Rtp11ArrivalsComeBackAsTheyWent, (std::vector<std::uint8_t> runs)) {
  TransportFeedback feedback;
  for (const std::uint8_t run : runs) {
    TransportFeedback::Arrival arrival;
    if (run % 3 == 1) arrival = static_cast<std::int16_t>(run);
    if (run % 3 == 2) arrival = static_cast<std::int16_t>(-run * 100);
    feedback.arrivals.insert(feedback.arrivals.end(), 1 + run / 16, arrival);
  }
  RC_PRE(!feedback.arrivals.empty());
  const Packets packets = {feedback};
  RC_ASSERT(parse_rtcp(encode(packets)) == packets);
}

RC_GTEST_PROP(Rtcp, AnyBytesAreReadOrRefused, (Bytes bytes)) {
  if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x3f) | 0x80);
  if (bytes.size() > 3) {
    bytes[1] = static_cast<std::uint8_t>(200 + bytes[1] % 8);
    store_be16(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() / 4 - 1));
  }
  bytes.resize(bytes.size() / 4 * 4);
  if (const auto packets = parse_rtcp(bytes)) RC_ASSERT(parse_rtcp(encode(*packets)) == packets);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
