// RTP packets on literal bytes, and numbers that wrap.
#include "stack/rtp/packet.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "stack/rtp/sequence.h"

namespace natsim::rtp {
namespace NATSIM_TEST_FILE {

const Bytes payload = {'d', 'a', 't', 'a'};

Header header() {
  return {.marker = true,
          .payload_type = 96,
          .sequence_number = 0x1234,
          .timestamp = 0x01020304,
          .ssrc = 0xdecafbad,
          .csrcs = {7},
          .extensions = {{1, {0x2a}}, {2, {1, 2, 3}}}};
}

// RTP-01. V=2, P, X and one CSRC; M and 96; the one-byte form: id 1 of one byte, id 2 of three, two
// of padding; payload; three bytes of padding.
const Bytes wire = {0xb1, 0xe0, 0x12, 0x34, 1,    2,    3,   4,   0xde, 0xca, 0xfb, 0xad,
                    0,    0,    0,    7,    0xbe, 0xde, 0,   2,   0x10, 0x2a, 0x22, 1,
                    2,    3,    0,    0,    'd',  'a',  't', 'a', 0,    0,    3};

TEST(RtpPacket, Rtp01IsTheRfcsBytes) {
  EXPECT_EQ(encode(header(), payload, 3), wire);
  const auto packet = Packet::parse(wire);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header, header());
  EXPECT_EQ(Bytes(packet->payload.begin(), packet->payload.end()), payload);
  EXPECT_EQ(packet->padding, 3);
  EXPECT_EQ(*packet->header.extension(2), (ExtensionData{1, 2, 3}));
  EXPECT_EQ(packet->header.extension(3), nullptr);
}

TEST(RtpPacket, Rtp01WhatDoesNotFitIsNoPacket) {
  for (std::size_t size = 0; size < 28; ++size) {
    EXPECT_FALSE(Packet::parse(ByteView(wire).first(size))) << size;
  }
  Bytes bad = wire;
  bad[0] = static_cast<std::uint8_t>((bad[0] & 0x3f) | 0x40);  // version 1
  EXPECT_FALSE(Packet::parse(bad));
  // Padding from 1 byte to the whole of the payload, and not more.
  for (const auto& [count, good] : {std::pair{0, false}, {1, true}, {7, true}, {8, false}}) {
    bad = wire;
    bad.back() = static_cast<std::uint8_t>(count);
    EXPECT_EQ(Packet::parse(bad).has_value(), good) << count;
  }
}

TEST(RtpPacket, Rtp01ExtensionsOfBothForms) {
  // Longer than 16 bytes, or empty, or of an id above 14: the two-byte form.
  for (const HeaderExtension& extension : {HeaderExtension{1, ExtensionData(17, 9)},
                                           HeaderExtension{1, {}}, HeaderExtension{15, {9}}}) {
    Header two = header();
    two.extensions.push_back(extension);
    const Bytes bytes = encode(two, payload);
    EXPECT_EQ(load_be16(bytes.data() + 16), 0x1000);
    ASSERT_TRUE(Packet::parse(bytes));
    EXPECT_EQ(Packet::parse(bytes)->header, two);
  }
  // Id 15 of the one-byte form ends the list, what breaks off is left out, another profile's is.
  const auto extensions = [](Bytes words, std::uint16_t profile = 0xbede) {
    Bytes bytes = {0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    store_be16(bytes.data() + 12, profile);
    store_be16(bytes.data() + 14, static_cast<std::uint16_t>(words.size() / 4));
    bytes.insert(bytes.end(), words.begin(), words.end());
    return Packet::parse(bytes).value().header.extensions;
  };
  EXPECT_EQ(extensions({0x10, 5, 0xf0, 0x20}), (HeaderExtensions{{1, {5}}}));
  EXPECT_EQ(extensions({0x10, 5, 0x23, 1}), (HeaderExtensions{{1, {5}}}));
  EXPECT_EQ(extensions({0, 0, 0x10, 5}), (HeaderExtensions{{1, {5}}}));
  EXPECT_TRUE(extensions({0x10, 5, 0, 0}, 0xabac).empty());
}

TEST(RtpPacket, IsToldFromItsNeighbours) {
  // RFC 7983: 128 to 191; RFC 5761: payload types 64 to 95 with the marker would be RTCP's.
  const auto of = [](int first, int second) {
    return Bytes{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
  };
  EXPECT_FALSE(matches(of(127, 0)));
  EXPECT_TRUE(matches(of(128, 0)));
  EXPECT_TRUE(matches(of(191, 0)));
  EXPECT_FALSE(matches(of(192, 0)));
  EXPECT_FALSE(is_rtcp(of(128, 191)));
  EXPECT_TRUE(is_rtcp(of(128, 192)));
  EXPECT_TRUE(is_rtcp(of(128, 223)));
  EXPECT_FALSE(is_rtcp(of(128, 224)));
  EXPECT_FALSE(is_rtcp(Bytes{128}));
}

RC_GTEST_PROP(RtpPacket, ComesBackAsItWent, (Bytes data, bool padded)) {
  Header each;
  each.payload_type = *rc::gen::inRange<std::uint8_t>(0, 128);
  each.sequence_number = *rc::gen::arbitrary<std::uint16_t>();
  each.timestamp = *rc::gen::arbitrary<std::uint32_t>();
  each.csrcs = *rc::gen::container<std::vector<std::uint32_t>>(
      *rc::gen::inRange<std::size_t>(0, most_csrcs + 1), rc::gen::arbitrary<std::uint32_t>());
  const auto count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) {
    const auto id = *rc::gen::inRange<std::uint8_t>(1, 255);
    const Bytes held = *rc::gen::arbitrary<Bytes>();
    const ByteView most = ByteView(held).first(std::min<std::size_t>(held.size(), 255));
    each.extensions.push_back({id, {most.begin(), most.end()}});
  }
  const std::uint8_t padding = padded ? *rc::gen::inRange<std::uint8_t>(1, 255) : std::uint8_t{0};
  const Bytes bytes = encode(each, data, padding);
  const auto packet = Packet::parse(bytes);
  RC_ASSERT(packet.has_value());
  RC_ASSERT(packet->header == each);
  RC_ASSERT(Bytes(packet->payload.begin(), packet->payload.end()) == data);
  RC_ASSERT(packet->padding == padding);
}

TEST(Unwrapper, CountsOnWhereNumbersWrap) {
  Unwrapper<std::uint16_t> numbers;
  EXPECT_FALSE(numbers.highest());
  EXPECT_EQ(numbers.unwrap(65534), 65534);
  EXPECT_EQ(numbers.unwrap(1), 65537);
  EXPECT_EQ(numbers.unwrap(65535), 65535);  // late
  EXPECT_EQ(numbers.highest(), 65537);
  EXPECT_EQ(numbers.unwrap(32768), 65536 + 32768);
  // Half of the circle ahead counts as behind.
  EXPECT_EQ(numbers.unwrap(0), 65536);
  EXPECT_FALSE(Unwrapper<std::uint16_t>().is_far(0));
  numbers = {};
  numbers.unwrap(65535);
  for (const auto& [number, far] : {std::pair{16'382, false},
                                    {16'383, true},
                                    {49'152, false},
                                    {49'151, true},
                                    {32'767, true}}) {
    EXPECT_EQ(numbers.is_far(static_cast<std::uint16_t>(number)), far) << number;
  }
  Unwrapper<std::uint32_t> timestamps;
  EXPECT_EQ(timestamps.unwrap(5), 5);
  EXPECT_EQ(timestamps.unwrap(0xffff'ffff), -1);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::rtp
