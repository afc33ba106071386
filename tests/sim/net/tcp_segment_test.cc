#include "sim/net/tcp_segment.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sim/net/rewrite.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {
namespace NATSIM_TEST_FILE {

Bytes bytes_of(const Packet& packet) {
  return {packet.datagram().begin(), packet.datagram().end()};
}

// 192.0.2.1:4660 to 198.51.100.2:80, a SYN with MSS 1460 and window scale 7. The IP header's words
// sum to 2b16c, folded b16e; the pseudo-header's and the segment's to 37ea5, folded 7ea8.
const Bytes syn_v4 = {
    0x45, 0x00, 0x00, 0x30, 0x00, 0x00, 0x40, 0x00,  // 48 bytes, DF
    0x40, 0x06, 0x4e, 0x91,                          // 64 hops, TCP, ~b16e
    192,  0,    2,    1,    198,  51,   100,  2,     //
    0x12, 0x34, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04,  // ports, sequence number
    0x00, 0x00, 0x00, 0x00, 0x70, 0x02, 0xff, 0xff,  // no acknowledgement, 7 words, SYN, window
    0x81, 0x57, 0x00, 0x00,                          // ~7ea8
    0x02, 0x04, 0x05, 0xb4, 0x01, 0x03, 0x03, 0x07,  // MSS, no operation, window scale
};

// [2001:db8::1]:4660 to [2001:db8::2]:80, "hi" with PSH and ACK. The sum is 146aa, folded 46ab.
const Bytes data_v6 = {
    0x60, 0x00, 0x00, 0x00, 0x00, 0x16, 0x06, 0x40,  // 22 bytes, TCP, 64 hops
    0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,     //
    0,    0,    0,    0,    0,    0,    0,    1,     //
    0x20, 0x01, 0x0d, 0xb8, 0,    0,    0,    0,     //
    0,    0,    0,    0,    0,    0,    0,    2,     //
    0x12, 0x34, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04,  //
    0x05, 0x06, 0x07, 0x08, 0x50, 0x18, 0x10, 0x00,  // 5 words, PSH and ACK, window
    0xb9, 0x54, 0x00, 0x00, 'h',  'i',               // ~46ab
};

const TcpSegment syn{
    .seq = 0x01020304, .flags = tcp_flag::syn, .window = 0xffff, .mss = 1460, .window_scale = 7};

TEST(TcpSegment, MakesASynOverIpv4) {
  PacketPool pool;
  const auto packet = make_tcp(pool, endpoint("192.0.2.1:4660"), endpoint("198.51.100.2:80"), syn);
  EXPECT_EQ(bytes_of(*packet), syn_v4);
  EXPECT_EQ(packet->payload().size(), 0U);
  EXPECT_TRUE(checksums_right(*packet));
  EXPECT_EQ(tcp_flags(*packet), tcp_flag::syn);
}

TEST(TcpSegment, MakesDataOverIpv6) {
  PacketPool pool;
  const TcpSegment data{.seq = 0x01020304,
                        .ack = 0x05060708,
                        .flags = tcp_flag::psh | tcp_flag::ack,
                        .window = 4096,
                        .payload = as_bytes("hi")};
  const auto packet =
      make_tcp(pool, endpoint("[2001:db8::1]:4660"), endpoint("[2001:db8::2]:80"), data);
  EXPECT_EQ(bytes_of(*packet), data_v6);
  EXPECT_EQ(as_text(packet->payload()), "hi");
  EXPECT_TRUE(checksums_right(*packet));
}

TEST(TcpSegment, ReadsWhatItMakes) {
  PacketPool pool;
  const auto packet = parse_datagram(pool, syn_v4);
  ASSERT_NE(packet, nullptr);
  const auto segment = parse_tcp(packet->transport());
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->seq, syn.seq);
  EXPECT_EQ(segment->ack, 0U);
  EXPECT_EQ(segment->flags, syn.flags);
  EXPECT_EQ(segment->window, syn.window);
  EXPECT_EQ(segment->mss, syn.mss);
  EXPECT_EQ(segment->window_scale, syn.window_scale);
  EXPECT_EQ(segment->length(), 1U);
  const auto data = parse_datagram(pool, data_v6);
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(as_text(parse_tcp(data->transport())->payload), "hi");
}

// A header with the given options behind it, padded to whole words with "end".
Bytes with_options(Bytes options) {
  options.resize((options.size() + 3) / 4 * 4);
  Bytes tcp(20, 0);
  tcp[12] = static_cast<std::uint8_t>((20 + options.size()) / 4 << 4);
  tcp.insert(tcp.end(), options.begin(), options.end());
  return tcp;
}

TEST(TcpSegment, PassesOverOptionsThatItDoesNotKnow) {
  // SACK permitted, timestamps, then the MSS; what is behind the end is not read.
  const auto segment =
      parse_tcp(with_options({4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 2, 4, 0x02, 0x18, 0, 3, 3, 9}));
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->mss, 536);
  EXPECT_EQ(segment->window_scale, std::nullopt);
}

TEST(TcpSegment, RefusesIllegalLengths) {
  EXPECT_FALSE(parse_tcp(with_options({2, 1, 0, 0})));   // shorter than itself
  EXPECT_FALSE(parse_tcp(with_options({8, 10, 0, 0})));  // longer than the header
  EXPECT_FALSE(parse_tcp(with_options({2, 3, 5, 0})));   // an MSS of one byte
  EXPECT_FALSE(parse_tcp(with_options({3, 4, 5, 0})));   // a window scale of two
  EXPECT_FALSE(parse_tcp(with_options({1, 1, 1, 2})));   // no room for a length
  EXPECT_FALSE(parse_tcp(Bytes(19, 0)));                 // no whole header
  Bytes offset = with_options({});
  offset[12] = 0x40;
  EXPECT_FALSE(parse_tcp(offset));  // a data offset within the header
  offset[12] = 0x60;
  EXPECT_FALSE(parse_tcp(offset));  // and one beyond the segment
}

TEST(TcpSegment, WhatAnErrorQuotes) {
  PacketPool pool;
  const auto about = make_tcp(pool, endpoint("192.0.2.1:4660"), endpoint("198.51.100.2:80"), syn);
  const auto error = make_icmp_error(pool, ip("203.0.113.1"), IcmpError::too_big, *about, 1280);
  const auto view = parse_icmp_error(*error);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->quoted_source, endpoint("192.0.2.1:4660"));
  EXPECT_EQ(view->quoted_destination, endpoint("198.51.100.2:80"));
  EXPECT_EQ(quoted_tcp_seq(*error, *view), syn.seq);
}

TEST(TcpSegment, FlagsOfWhatIsNotTcp) {
  PacketPool pool;
  EXPECT_EQ(tcp_flags(*make_udp(pool, endpoint("10.0.0.1:1"), endpoint("10.0.0.2:2"), Bytes(30))),
            0);
}

RC_GTEST_PROP(TcpSegmentProperty, RewritingIsMakingAnew, (bool v4)) {
  const auto some_endpoint = [v4] {
    const auto high = *rc::gen::arbitrary<std::uint64_t>() | std::uint64_t{1} << 63;
    const auto low = *rc::gen::arbitrary<std::uint64_t>();
    return Endpoint{v4 ? IpAddress::v4(static_cast<std::uint32_t>(low)) : IpAddress::v6(high, low),
                    *rc::gen::arbitrary<std::uint16_t>()};
  };
  PacketPool pool;
  const auto payload = *rc::gen::arbitrary<Bytes>();
  TcpSegment segment{.seq = *rc::gen::arbitrary<std::uint32_t>(),
                     .ack = *rc::gen::arbitrary<std::uint32_t>(),
                     .flags = *rc::gen::arbitrary<std::uint8_t>(),
                     .window = *rc::gen::arbitrary<std::uint16_t>(),
                     .payload = payload};
  if (*rc::gen::arbitrary<bool>()) segment.mss = *rc::gen::arbitrary<std::uint16_t>();
  if (*rc::gen::arbitrary<bool>()) segment.window_scale = *rc::gen::arbitrary<std::uint8_t>();
  const auto packet = make_tcp(pool, some_endpoint(), some_endpoint(), segment);
  const int steps = *rc::gen::inRange(1, 10);
  for (int i = 0; i < steps; ++i) {
    if (*rc::gen::arbitrary<bool>()) {
      rewrite_source(*packet, some_endpoint());
    } else {
      rewrite_destination(*packet, some_endpoint());
    }
    RC_ASSERT(checksums_right(*packet));
    RC_ASSERT(bytes_of(*packet) ==
              bytes_of(*make_tcp(pool, packet->source, packet->destination, segment)));
  }
}

RC_GTEST_PROP(TcpSegmentProperty, ReadingAnyBytesEnds, (const Bytes& bytes)) {
  const auto segment = parse_tcp(bytes);
  RC_ASSERT(!segment || segment->payload.size() + tcp_header_size <= bytes.size());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::net
